//! A folder to work in, for its owner only, that is gone afterwards.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::BackupError;

pub(super) struct Workplace(PathBuf);

impl Workplace {
    /// Beside what will be made, so that it can be moved there at once.
    pub fn within(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(format!(".calbridge-{}", Uuid::now_v7().simple()));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(BackupError::file(&path))?;
        Ok(Self(path))
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "Could not remove {}", self.0.display());
        }
    }
}

/// The folder of a file.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
