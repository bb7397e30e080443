//! Files with names that many folders of a program have: what they are called says which of them it is
//! only together with the folder.

use super::asset::FOLDERS as BUNDLED;
use crate::stacktrace::scan::split_at_last;

/// Names without extension that frameworks and languages give to a file of each part of a program.
const GENERAL: [&str; 13] = [
    "index",
    "main",
    "lib",
    "mod",
    "route",
    "page",
    "layout",
    "models",
    "views",
    "tasks",
    "urls",
    "handler",
    "controller",
];
/// Folders that many parts of a program have: the one around them tells which part it is.
const LAYERS: [&str; 15] = [
    "api",
    "components",
    "controllers",
    "handlers",
    "helpers",
    "internal",
    "models",
    "modules",
    "pages",
    "packages",
    "routes",
    "services",
    "tasks",
    "utils",
    "views",
];
/// Folders that hold sources or what is built of them, and which of them depends on the build.
const TRANSPARENT: [&str; 12] =
    ["app", "apps", "client", "cmd", "crates", "js", "lib", "pkg", "server", "src", "site", "www"];
/// Folders whose next one is that of a release.
const RELEASES: [&str; 3] = ["current", "release", "releases"];

/// Folder and name of a file with a general name, such as `users/index`; `None` where the name tells
/// enough, or the folder is that of the whole program.
pub(super) fn before(path: &str, name: &str) -> Option<String> {
    let stem = match split_at_last(name, b'.') {
        Some((stem, extension)) if path.ends_with(extension) => stem,
        _ => name,
    };
    if !is_general(stem) {
        return None;
    }
    let mut named = Named::default();
    let (host, path) = match path.split_once("://") {
        Some((scheme, rest)) if scheme != "file" => rest.split_once('/')?,
        Some((_, path)) => ("", path),
        None => ("", path),
    };
    named.depth = usize::from(!host.is_empty());
    let mut folders = path.split(['/', '\\']).filter(|it| !matches!(*it, "" | "."));
    folders.next_back()?;
    let skipped = if host.is_empty() { of_host(path) } else { 0 };
    folders.skip(skipped).for_each(|folder| named.enter(folder));
    named.with(name)
}

/// Whether many files of a program may have the name.
fn is_general(stem: &str) -> bool {
    matches!(stem.len(), 3..=10) && GENERAL.contains(&stem)
}

/// How many folders of an absolute path are those of the host.
fn of_host(path: &str) -> usize {
    let mut folders = path.split(['/', '\\']).filter(|it| !it.is_empty());
    match (path.starts_with(['/', '\\']), folders.next().unwrap_or_default(), folders.next()) {
        (true, "home" | "Users" | "usr", _) | (true, "var", Some("www")) => 2,
        (true, "srv" | "opt" | "var" | "mnt" | "data" | "tmp" | "root" | "private", _) => 1,
        (false, drive, _) if drive.ends_with(':') => 1,
        _ => 0,
    }
}

/// What the folders so far make of the name.
#[derive(Default)]
struct Named<'a> {
    /// The folder that tells the part of the program.
    part: Option<&'a str>,
    layers: Vec<&'a str>,
    /// How many folders below that of the host this one is. The first is that of the whole program.
    depth: usize,
}

impl<'a> Named<'a> {
    fn enter(&mut self, folder: &'a str) {
        if RELEASES.contains(&folder) || is_drawn(folder) {
            *self = Self::default();
            return;
        }
        let is_inside = self.depth > 0;
        self.depth += 1;
        if TRANSPARENT.contains(&folder) || BUNDLED.contains(&folder) || !is_inside {
            return;
        }
        if LAYERS.contains(&folder) || is_version_of_api(folder) {
            self.layers.push(folder);
        } else {
            self.part = Some(folder);
            self.layers.clear();
        }
    }

    fn with(self, file: &str) -> Option<String> {
        let mut folders = self.part.into_iter().chain(self.layers).peekable();
        folders.peek()?;
        let mut name = String::new();
        for folder in folders {
            name.push_str(folder);
            name.push('/');
        }
        name.push_str(file);
        Some(name)
    }
}

/// Whether a folder has the name of a release, a build or a version.
fn is_drawn(folder: &str) -> bool {
    let digits = folder.bytes().filter(u8::is_ascii_digit).count();
    let number = folder.strip_prefix('v').unwrap_or(folder);
    let is_numbered = number.starts_with(|first: char| first.is_ascii_digit());
    let is_version = digits > 2 || digits > 0 && folder.contains('.');
    (is_numbered || is_version) && !is_version_of_api(folder)
}

/// `v1`: several stand beside each other in a program.
fn is_version_of_api(folder: &str) -> bool {
    matches!(folder.as_bytes(), [b'v', digit] if digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, name: &str, expected: Option<&str>) {
        assert_eq!(before(path, name).as_deref(), expected, "{path}");
    }

    #[test]
    fn general_names_have_the_folder_before_them() {
        check("/srv/shop/src/users/index.js", "index", Some("users/index"));
        check("/srv/shop/packages/a/handlers/index.js", "index", Some("a/handlers/index"));
        check("/srv/shop/packages/b/handlers/index.js", "index", Some("b/handlers/index"));
        check("packages/a/src/index.js", "index", Some("a/index"));
        check("/app/orders/models.py", "models.py", Some("orders/models.py"));
        check("/app/api/v2/orders/index.js", "index", Some("orders/index"));
        check("/app/orders/v2/index.js", "index", Some("orders/v2/index"));
        check("C:\\code\\shop\\orders\\models.py", "models", Some("orders/models"));
        check("src/net/mod.rs", "mod", Some("net/mod"));
        check(
            "https://x.example/_next/static/chunks/app/cart/page-1f.js",
            "page",
            Some("cart/page"),
        );
        check("file:///srv/shop/src/users/index.mjs", "index", Some("users/index"));
    }

    #[test]
    fn the_folder_of_the_program_is_no_part_of_it() {
        for path in [
            "/srv/shop/index.js",
            "/srv/shop/src/index.js",
            "/app/index.js",
            "/usr/src/app/index.js",
            "/home/ann/shop/dist/index.js",
            "/opt/shop/releases/20240301120000/index.js",
            "/opt/shop/releases/41/shop/index.js",
            "https://x.example/assets/index.js",
            "/usr/lib/runtime3.9/queue/index.js",
            "index.js",
            "src/index.js",
        ] {
            check(path, "index", None);
        }
        check("/srv/shop/src/users/store.js", "store", None);
        check("/srv/shop/src/users/index.phone.bundle", "index.phone", None);
    }
}
