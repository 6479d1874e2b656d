//! A folder for the demo that is gone afterwards, unless somebody wants to keep it.

use std::{
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// A folder. One that was made for the occasion is removed with this.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    keep: bool,
}

impl Scratch {
    /// A new folder among the system's temporary ones, for its owner only.
    pub fn make() -> io::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("calbridge-demo-{}", Uuid::now_v7().simple()));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self {
            folder,
            keep: false,
        })
    }

    /// A folder of somebody's choosing, which stays.
    pub fn keep(folder: PathBuf) -> Self {
        Self { folder, keep: true }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "Could not remove {}", self.folder.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_gone_afterwards_unless_it_is_somebodys() {
        let scratch = Scratch::make().unwrap();
        let folder = scratch.folder().to_owned();
        std::fs::write(folder.join("file"), "text").unwrap();
        drop(scratch);
        assert!(!folder.exists());

        let own = tempfile::tempdir().unwrap();
        drop(Scratch::keep(own.path().to_owned()));
        assert!(own.path().exists());
    }
}
