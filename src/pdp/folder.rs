//! Policy sets on disk.

use std::path::{Path, PathBuf};

use crate::file::Source;

/// The folder of a policy set on disk.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, or the one that holds it if `path` is the `policy-set.json` itself.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let is_manifest =
            path.file_name().is_some_and(|name| name == crate::policy::MANIFEST) && path.is_file();
        let folder = if is_manifest { path.parent().unwrap_or(path) } else { path };
        Self(folder.to_owned())
    }

    /// The folder that holds a file, and the file's name in it.
    pub fn holding(file: &Path) -> (Self, String) {
        let folder = file.parent().unwrap_or(Path::new(""));
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (Self(folder.to_owned()), name)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Source for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.0.join(path);
        if path.is_dir() {
            return Err("it is a folder, not a file".to_owned());
        }
        std::fs::read(&path).map_err(in_words)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(self.0.join(folder)).map_err(in_words)?;
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(in_words)?.file_name().into_string());
        }
        Ok(names)
    }
}

/// Why a file cannot be read.
pub(super) fn in_words(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            "reading it is not permitted to this user".to_owned()
        }
        std::io::ErrorKind::NotADirectory => "part of the path is a file, not a folder".to_owned(),
        _ => error.to_string(),
    }
}
