//! Where the files of a policy set come from.

use std::collections::BTreeMap;

/// The files of a policy set, by path relative to the folder of `policy-set.json`, with `/`.
///
/// A map from path to bytes is one; [`crate::Folder`] reads from disk.
pub trait Source {
    /// The bytes of the file at `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be read; the text says why, in words for the author.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The names of the files in `folder` (`""` for the folder of the set itself), in any order.
    ///
    /// # Errors
    ///
    /// The folder cannot be read; the text says why.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;
}

impl Source for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let inside = |path: &String| {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            (parent == folder).then(|| name.to_owned())
        };
        Ok(self.keys().filter_map(inside).collect())
    }
}

/// The paths that `pattern` stands for, sorted: itself, or, where its last part has a `*`, the files
/// that match.
///
/// # Errors
///
/// The folder cannot be read.
pub fn expand(source: &dyn Source, pattern: &str) -> Result<Vec<String>, String> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    if !name.contains('*') {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut names = source.list(folder)?;
    names.retain(|candidate| matches(name, candidate));
    names.sort();
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    Ok(names.into_iter().map(|name| format!("{prefix}{name}")).collect())
}

/// Whether `name` is `pattern` with some text for each `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(earlier) = last.replace(part) {
            let Some(at) = rest.find(earlier) else { return false };
            rest = rest.get(at + earlier.len()..).unwrap_or("");
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*.json", "a.json") && matches("a*b*c", "aXbYc") && matches("*", ""));
        assert!(!matches("*.json", "a.jsonx") && !matches("a*a", "a") && !matches("a", "ab"));
    }
}
