//! A file that makes room for the next one when it is full. A crate for it would only roll by time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

/// A file and those before it: `name`, then `name.1`, which is newer than `name.2`.
pub(super) struct Rolling {
    path: PathBuf,
    most_bytes: u64,
    /// Files before the current one.
    before: u32,
    current: Mutex<Current>,
}

struct Current {
    file: File,
    bytes: u64,
}

impl Rolling {
    /// Go on with the file, or begin it. There are `files` at most, and at least one.
    pub(super) fn open(path: &Path, most_bytes: u64, files: u32) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            most_bytes,
            before: files.saturating_sub(1),
            current: Mutex::new(append_to(path)?),
        })
    }

    fn roll(&self) -> io::Result<Current> {
        if self.before == 0 {
            fs::remove_file(&self.path)?;
        }
        for number in (0..self.before).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        append_to(&self.path)
    }

    fn numbered(&self, number: u32) -> PathBuf {
        match number {
            0 => self.path.clone(),
            number => {
                let mut name = self.path.clone().into_os_string();
                name.push(format!(".{number}"));
                name.into()
            }
        }
    }
}

fn append_to(path: &Path) -> io::Result<Current> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let file = options.open(path)?;
    let bytes = file.metadata()?.len();
    Ok(Current { file, bytes })
}

/// The file, for one line.
pub(super) struct Line<'a> {
    rolling: &'a Rolling,
    current: MutexGuard<'a, Current>,
}

impl<'a> MakeWriter<'a> for Rolling {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            rolling: self,
            current: self.current.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Write for Line<'_> {
    /// A line comes in one piece.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let full = self.current.bytes.saturating_add(length) > self.rolling.most_bytes;
        if full && self.current.bytes > 0 {
            match self.rolling.roll() {
                Ok(next) => *self.current = next,
                // Better a file that is too long than a line that is lost.
                Err(_) => self.current.bytes = 0,
            }
        }
        let written = self.current.file.write(line)?;
        self.current.bytes += u64::try_from(written).unwrap_or(u64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.current.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(rolling: &Rolling, line: &str) {
        rolling.make_writer().write_all(line.as_bytes()).unwrap();
    }

    #[test]
    fn the_newest_lines_are_kept_in_as_many_files_as_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("webhooks.log");
        let rolling = Rolling::open(&path, 10, 3).unwrap();
        for line in ["one..\n", "two..\n", "three\n", "four.\n", "five.\n"] {
            write(&rolling, line);
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("webhooks.log"), "five.\n");
        assert_eq!(read("webhooks.log.1"), "four.\n");
        assert_eq!(read("webhooks.log.2"), "three\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_new_process_goes_on_where_the_last_one_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("errors.log");
        write(&Rolling::open(&path, 10, 1).unwrap(), "one\n");
        let again = Rolling::open(&path, 10, 1).unwrap();
        write(&again, "two\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        write(&again, "three\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
    }
}
