//! SHA-256 of inputs, so that it can be shown later which bytes a report was made from.

use sha2::{Digest, Sha256};

use super::{Source, discover};

/// The checksum in hexadecimal, as `sha256sum` prints it: of the file as it lies on the disk, packed or not; of a file in
/// an archive and of standard input, of the bytes that were read.
pub fn sha256(source: &Source) -> String {
    let is_unpacked = source.identity.is_none() && source.name != "-" && !source.name.contains('!');
    let packed = if is_unpacked { discover::bytes_of(&source.name) } else { None };
    let digest = Sha256::digest(packed.as_ref().map_or_else(|| source.bytes(), |bytes| bytes.bytes()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // NIST, FIPS 180-2, appendix B.1.
        let of = sha256(&Source::read("-", b"abc".to_vec()));
        assert_eq!(of, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
