//! An answer that is written once and handed to everyone: its bytes in every coding, and its name.

use std::io::Write as _;

use axum::body::Bytes;
use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Small enough for ten thousand phones, and made within a tenth of a second.
const GZIP_LEVEL: Compression = Compression::new(6);
const BROTLI_LEVEL: u32 = 6;
const BROTLI_WINDOW: u32 = 22;
const BUFFER_BYTES: usize = 4096;

/// One answer.
#[derive(Debug, Clone)]
pub struct Poster {
    /// An `ETag`: the same for the same content, whoever wrote it. Weak, since it stands for every
    /// coding.
    pub tag: HeaderValue,
    /// As it is.
    pub plain: Bytes,
    /// With gzip.
    pub gzip: Bytes,
    /// With brotli.
    pub brotli: Bytes,
}

impl Poster {
    /// Writes an answer. It takes its time: not on a thread that others wait for.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of(answer: &impl Serialize) -> std::io::Result<Self> {
        let plain = serde_json::to_vec(answer)?;
        let mut gzip = GzEncoder::new(Vec::new(), GZIP_LEVEL);
        gzip.write_all(&plain)?;
        let mut brotli =
            CompressorWriter::new(Vec::new(), BUFFER_BYTES, BROTLI_LEVEL, BROTLI_WINDOW);
        brotli.write_all(&plain)?;
        Ok(Self {
            tag: tag(&plain),
            gzip: gzip.finish()?.into(),
            brotli: brotli.into_inner().into(),
            plain: plain.into(),
        })
    }
}

/// The weak `ETag` of some content, out of half of its SHA-256: nobody gains anything from finding
/// two contents of one name.
///
/// # Panics
/// Never: hexadecimal digits in quotes may stand in a header.
#[must_use]
pub fn tag(content: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(content);
    let name = digest.first_chunk().copied().unwrap_or_default();
    let tag = format!("W/\"{:032x}\"", u128::from_be_bytes(name));
    tag.parse().expect("digits in quotes may stand in a header")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn every_coding_tells_the_same() {
        let answer: Vec<u32> = (0..10_000).collect();
        let poster = Poster::of(&answer).expect("a poster");
        let mut told = [Vec::new(), Vec::new()];
        let mut gzip = flate2::read::GzDecoder::new(&poster.gzip[..]);
        gzip.read_to_end(&mut told[0]).expect("gzip");
        let mut brotli = brotli::Decompressor::new(&poster.brotli[..], BUFFER_BYTES);
        brotli.read_to_end(&mut told[1]).expect("brotli");
        for told in told {
            assert_eq!(told, poster.plain);
        }
        assert!(poster.gzip.len() < poster.plain.len() / 2);
        assert!(poster.brotli.len() < poster.gzip.len());
    }

    #[test]
    fn the_name_is_the_contents() {
        let tag = |answer: &str| Poster::of(&answer).expect("a poster").tag;
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
    }
}
