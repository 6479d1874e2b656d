//! The contract samples beside the workspace, for tests that compare with them where they are present.

use std::path::Path;

/// The text of a sample file, or nothing where the folder is missing.
pub(crate) fn read(file: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contracts/samples");
    std::fs::read_to_string(folder.join(file)).ok()
}

/// Say that some samples could not be compared.
pub(crate) fn say_unchecked(count: usize) {
    if count > 0 {
        println!("shared absent: {count} not checked");
    }
}
