//! stub

/// stub
pub struct Marks {
    /// stub
    pub nginx: bool,
    /// stub
    pub apache: bool,
}

/// stub
pub fn marks(line: &[u8]) -> Marks {
    let _ = line;
    Marks { nginx: false, apache: false }
}
