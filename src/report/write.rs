//! Files that are written whole or not at all.

use std::io::Write;
use std::path::Path;

/// Writes a file through a temporary one beside it and a rename, so that nobody ever sees a half.
///
/// # Errors
/// What went wrong, where, and what to do.
pub fn whole(path: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> std::io::Result<()>) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: &std::io::Error| {
        let reason = crate::input::discover::plain(error);
        format!("--out {}: {reason}; choose a folder that exists and that you may write to", path.display())
    };
    if path.is_dir() {
        return Err(format!("--out {}: is a folder; name a file in it", path.display()));
    }
    // Only the owner may read a temporary file; the finished one has the rights of any new file.
    let mut file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|error| failed(&error))?;
    let mut out = std::io::BufWriter::new(file.as_file_mut());
    fill(&mut out).and_then(|()| out.flush()).map_err(|error| failed(&error))?;
    drop(out);
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_what_was_there() -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("report.json");
        whole(&path, |out| out.write_all(b"first"))?;
        let broken = whole(&path, |out| {
            out.write_all(b"sec")?;
            Err(std::io::Error::other("the disk is full"))
        });
        assert!(broken.is_err_and(|text| text.contains("the disk is full") && text.contains("report.json")));
        let names: Vec<_> = std::fs::read_dir(folder.path()).into_iter().flatten().flatten().collect();
        assert_eq!((std::fs::read(&path).ok(), names.len()), (Some(b"first".to_vec()), 1));
        assert!(whole(&folder.path().join("no/such/file"), |_| Ok(())).is_err());
        assert!(whole(folder.path(), |_| Ok(())).is_err_and(|text| text.contains("is a folder")));
        Ok(())
    }
}
