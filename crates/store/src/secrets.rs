//! Secrets at rest: each is sealed for the one row that holds it, under the current key of a ring.

use std::{fmt, io::Write, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::sql::{BoxError, Cell, FromValue, Kind, ToValue, Value};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const KEY: usize = 32;
const LONGEST_ID: usize = 32;

/// Why a secret cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The key ring cannot be read, or not be created.
    #[error("the key ring cannot be used: {0}")]
    Keys(String),
    /// It was sealed with a key that is not on the ring.
    #[error("the secret was sealed with key {0:?}, which is not on the key ring")]
    UnknownKey(String),
    /// It was changed, or belongs to another row.
    #[error("the secret is damaged or belongs to another row")]
    Unreadable,
}

/// The row that a secret is sealed for; elsewhere it cannot be opened.
#[derive(Clone, Copy, Debug)]
pub struct SealedFor<'a> {
    /// Whose it is.
    pub tenant_id: i64,
    /// The table that holds it.
    pub table: &'static str,
    /// What names the row within the table, and the column where there are several.
    pub row: &'a str,
}

/// A sealed secret, as its column holds it.
///
/// A version, the key's id with its length, the nonce, the ciphertext with its tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// The keys, the current one first. The others only open.
pub struct KeyRing {
    keys: Vec<Key>,
}

struct Key {
    id: String,
    secret: Zeroizing<[u8; KEY]>,
}

impl KeyRing {
    /// Reads keys written `id:base64`, one to a line or separated by commas, the current one first.
    /// Lines that begin with `#` are comments.
    pub fn parse(text: &SecretString) -> Result<Self, SecretError> {
        let mut keys: Vec<Key> = Vec::new();
        let lines = text
            .expose_secret()
            .split('\n')
            .filter(|line| !line.trim_start().starts_with('#'));
        let entries = lines.flat_map(|line| line.split(','));
        for entry in entries.map(str::trim).filter(|entry| !entry.is_empty()) {
            let key = Key::parse(entry)
                .ok_or_else(|| unusable(format!("entry {} is not id:base64", keys.len() + 1)))?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(unusable(format!("the id {:?} is there twice", key.id)));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(unusable("it holds no key"));
        }
        Ok(Self { keys })
    }

    /// Reads the key file; writes one with a new key, for its owner's eyes only, when there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretError> {
        let about = |error: std::io::Error| unusable(format!("{}: {error}", path.display()));
        match std::fs::read_to_string(path) {
            Ok(text) => {
                warn_if_shared(path);
                Self::parse(&SecretString::from(text))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let ring = Self::generate();
                ring.create(path).map_err(about)?;
                Ok(ring)
            }
            Err(error) => Err(about(error)),
        }
    }

    /// A ring with one new key.
    #[must_use]
    pub fn generate() -> Self {
        let mut id = [0; 4];
        rand::rng().fill_bytes(&mut id);
        let mut secret = Zeroizing::new([0; KEY]);
        rand::rng().fill_bytes(secret.as_mut());
        Self {
            keys: vec![Key {
                id: hex::encode(id),
                secret,
            }],
        }
    }

    /// Seals with the current key.
    pub fn seal(
        &self,
        secret: &SecretString,
        sealed_for: &SealedFor<'_>,
    ) -> Result<Sealed, SecretError> {
        let key = self.keys.first().ok_or(SecretError::Unreadable)?;
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let mut bytes = header(&key.id)?;
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &bound_to(&bytes, sealed_for),
        };
        let ciphertext = key
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SecretError::Unreadable)?;
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        Ok(Sealed(bytes))
    }

    /// Opens what was sealed for that row, with whichever key of the ring it was.
    pub fn open(
        &self,
        sealed: &Sealed,
        sealed_for: &SealedFor<'_>,
    ) -> Result<SecretString, SecretError> {
        let parts = sealed.parts().ok_or(SecretError::Unreadable)?;
        let key = self
            .keys
            .iter()
            .find(|key| key.id == parts.key_id)
            .ok_or_else(|| SecretError::UnknownKey(parts.key_id.to_owned()))?;
        let payload = Payload {
            msg: parts.ciphertext,
            aad: &bound_to(parts.header, sealed_for),
        };
        let plain = key
            .cipher()
            .decrypt(&XNonce::from(parts.nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| SecretError::Unreadable)?;
        let text = std::str::from_utf8(&plain).map_err(|_| SecretError::Unreadable)?;
        Ok(SecretString::from(text))
    }

    /// Whether it is sealed with the current key; if not, seal it anew before the old key goes.
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        let current = self.keys.first().map(|key| key.id.as_str());
        current.is_some() && current == sealed.key_id()
    }

    /// The ids of the keys, the current one first.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    fn create(&self, path: &Path) -> std::io::Result<()> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.keys {
            let encoded = Zeroizing::new(STANDARD.encode(key.secret.as_slice()));
            text.push_str(&key.id);
            text.push(':');
            text.push_str(&encoded);
            text.push('\n');
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(text.as_bytes())?;
        // Losing the key after sealing with it would lose every secret.
        file.sync_all()
    }
}

impl Key {
    fn parse(entry: &str) -> Option<Self> {
        let (id, encoded) = entry.split_once(':')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(plain) {
            return None;
        }
        let bytes = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
        let mut secret = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return None;
        }
        secret.copy_from_slice(&bytes);
        Some(Self {
            id: id.to_owned(),
            secret,
        })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.secret).into())
    }
}

struct Parts<'a> {
    header: &'a [u8],
    key_id: &'a str,
    nonce: [u8; NONCE],
    ciphertext: &'a [u8],
}

impl Sealed {
    /// The key that it was sealed with.
    pub fn key_id(&self) -> Option<&str> {
        self.parts().map(|parts| parts.key_id)
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let (&version, rest) = self.0.split_first()?;
        let (&length, rest) = rest.split_first()?;
        let (key_id, rest) = rest.split_at_checked(length.into())?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
        (version == VERSION).then_some(Parts {
            header: &self.0[..2 + key_id.len()],
            key_id: std::str::from_utf8(key_id).ok()?,
            nonce: *nonce,
            ciphertext,
        })
    }
}

fn header(key_id: &str) -> Result<Vec<u8>, SecretError> {
    let length = u8::try_from(key_id.len()).map_err(|_| unusable("a key id is too long"))?;
    let mut header = vec![VERSION, length];
    header.extend_from_slice(key_id.as_bytes());
    Ok(header)
}

/// What the tag vouches for beside the secret. Lengths keep neighbours from running into each other.
fn bound_to(header: &[u8], sealed_for: &SealedFor<'_>) -> Vec<u8> {
    let mut bound = header.to_vec();
    bound.extend_from_slice(&sealed_for.tenant_id.to_be_bytes());
    for part in [sealed_for.table, sealed_for.row] {
        bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part.as_bytes());
    }
    bound
}

fn unusable(why: impl Into<String>) -> SecretError {
    SecretError::Keys(why.into())
}

/// Not refused: mounted secrets are often readable by all within a container.
fn warn_if_shared(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
    {
        tracing::warn!("The key file {} can be read by others", path.display());
    }
    #[cfg(not(unix))]
    let _ = path;
}

impl ToValue for Sealed {
    const KIND: Kind = Kind::Bytes;

    fn to_value(self) -> Value {
        Value::Bytes(self.0)
    }
}

impl FromValue for Sealed {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        cell.bytes().map(Self)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.key_ids()).finish()
    }
}

#[cfg(test)]
mod tests;
