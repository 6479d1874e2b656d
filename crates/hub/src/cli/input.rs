//! Files and standard input as arguments.

use std::{io::Read, path::Path};

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret, SecretString};

/// Stands for standard input.
const STDIN: &str = "-";

/// The bytes of a file; `-` is standard input.
pub(super) fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() == STDIN {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("standard input cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// The same, as text.
pub(super) fn text(file: &Path) -> anyhow::Result<String> {
    String::from_utf8(bytes(file)?).with_context(|| format!("{} is not UTF-8 text", file.display()))
}

/// A secret given as an argument, in a file, or neither. The argument `-` is standard input too.
pub(super) fn secret(
    argument: Option<SecretString>,
    file: Option<&Path>,
) -> anyhow::Result<Option<SecretString>> {
    let file = match (&argument, file) {
        (Some(argument), _) if argument.expose_secret() == STDIN => Path::new(STDIN),
        (None, Some(file)) => file,
        _ => return Ok(argument),
    };
    let text = SecretString::from(text(file)?);
    let secret = without_line_end(text.expose_secret());
    ensure!(
        !secret.is_empty(),
        "there is no secret in {}",
        if file.as_os_str() == STDIN {
            "standard input".into()
        } else {
            file.display().to_string()
        }
    );
    Ok(Some(SecretString::from(secret)))
}

/// Editors and `echo` end a file with a line end that is not part of what it holds.
fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_line_end_is_dropped() {
        assert_eq!(without_line_end("secret\r\n"), "secret");
        assert_eq!(without_line_end("secret\n\n"), "secret\n");
        assert_eq!(without_line_end(" secret "), " secret ");
    }
}
