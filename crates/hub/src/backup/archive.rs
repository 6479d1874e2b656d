//! The file of a backup: written and read. Everything here blocks.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{
    BackupError, DATABASE, FORMAT, FileNote, KEYS, MANIFEST, Manifest, workplace::Workplace,
};

/// Read at once.
const PART: usize = 1 << 16;

/// Told how many bytes were done.
pub type Step = dyn FnMut(u64) + Send;

/// The size and the hash of a file.
pub(super) fn note(path: &Path) -> Result<FileNote, BackupError> {
    let mut file = File::open(path).map_err(BackupError::file(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; PART];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(BackupError::file(path))?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += read as u64;
    }
    Ok(FileNote {
        bytes,
        sha256: hex::encode(hash.finalize()),
    })
}

/// Write a backup to `to`, which must not be there.
pub(super) fn write(
    to: &Path,
    manifest: &Manifest,
    files: &[(&str, &Path)],
    step: &mut Step,
) -> Result<(), BackupError> {
    let failed = BackupError::file(to);
    let written = (|| {
        let file = create_private(to)?;
        let mut tar = tar::Builder::new(zstd::Encoder::new(file, 3)?);
        let text = serde_json::to_vec_pretty(manifest)?;
        let mut header = header_of(text.len() as u64);
        tar.append_data(&mut header, MANIFEST, text.as_slice())?;
        for (name, path) in files {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            let counted = Counted { file, step };
            tar.append_data(&mut header_of(size), name, counted)?;
        }
        let file = tar.into_inner()?.finish()?;
        file.sync_all()
    })();
    written.map_err(failed)
}

fn header_of(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header
}

struct Counted<'a> {
    file: File,
    step: &'a mut Step,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        (self.step)(read as u64);
        Ok(read)
    }
}

/// Unpack a backup into a workplace; every file is what the manifest says.
pub(super) fn unpack(
    from: &Path,
    workplace: &Workplace,
    step: &mut Step,
) -> Result<Manifest, BackupError> {
    let file = File::open(from).map_err(BackupError::backup(from))?;
    let decoder = zstd::Decoder::new(file).map_err(BackupError::damaged)?;
    let mut tar = tar::Archive::new(decoder);
    let mut manifest: Option<Manifest> = None;
    for entry in tar.entries().map_err(BackupError::damaged)? {
        let mut entry = entry.map_err(BackupError::damaged)?;
        let name = entry.path().map_err(BackupError::damaged)?;
        // Only names we know: an archive may hold others, such as paths out of the folder.
        let name = match name.to_str() {
            Some(MANIFEST) => {
                let read = serde_json::from_reader(entry).map_err(BackupError::damaged)?;
                manifest = Some(read);
                continue;
            }
            Some(DATABASE) => DATABASE,
            Some(KEYS) => KEYS,
            _ => {
                return Err(BackupError::damaged(
                    "it holds a file that does not belong there",
                ));
            }
        };
        let to = workplace.file(name);
        let mut out = create_private(&to).map_err(BackupError::file(&to))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; PART];
        let mut bytes = 0;
        loop {
            let read = entry.read(&mut buffer).map_err(BackupError::damaged)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
                break;
            };
            hash.update(part);
            out.write_all(part).map_err(BackupError::file(&to))?;
            bytes += read as u64;
            step(read as u64);
        }
        out.sync_all().map_err(BackupError::file(&to))?;
        let found = FileNote {
            bytes,
            sha256: hex::encode(hash.finalize()),
        };
        let noted = manifest
            .as_ref()
            .and_then(|manifest| manifest.files.get(name));
        if noted != Some(&found) {
            return Err(BackupError::damaged(format!(
                "{name} is not what was packed"
            )));
        }
    }
    let manifest = manifest.ok_or_else(|| BackupError::damaged("it has no manifest"))?;
    if manifest.format > FORMAT {
        return Err(BackupError::damaged(format!(
            "release {} made it in a form that this release does not know",
            manifest.release
        )));
    }
    if let Some(missing) = manifest
        .files
        .keys()
        .find(|name| !workplace.file(name).exists())
    {
        return Err(BackupError::damaged(format!("{missing} is missing")));
    }
    Ok(manifest)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
