//! Where a fan came from and is taken back to: always a path of this very host.

use http::Uri;

/// Longer addresses are not kept; the fan then goes in at the entrance.
const MOST_BYTES: usize = 1024;

/// A path with its query, that a browser cannot take for another host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back(String);

impl Back {
    /// The path and query of a request.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        Self::read(uri.path_and_query()?.as_str())
    }

    /// What came back from a browser, which may be anything.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_local = text.starts_with('/') && !text.starts_with("//");
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (is_local && is_plain && text.len() <= MOST_BYTES).then(|| Self(text.to_owned()))
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0
    }

    /// `?back=` with this path in it, to be put behind a page's path.
    #[must_use]
    pub fn as_query(&self) -> String {
        let kept = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
        let parts = self.0.bytes().map(|byte| {
            if kept(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        });
        format!("?back={}", parts.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_taken_to_another_host() {
        for text in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "x",
            "/a b",
            "/\n",
        ] {
            assert_eq!(Back::read(text), None, "{text:?}");
        }
        let back = Back::read("/show/7?seat=a&b=1").expect("a path of this host");
        assert_eq!(back.as_query(), "?back=/show/7%3Fseat%3Da%26b%3D1");
    }
}
