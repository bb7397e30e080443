//! The part of a path that people and systems name: where a program is installed, which says nothing about
//! it.

const SLASHES: [char; 2] = ['/', '\\'];

/// Folders right below the first ones of a host in which programs are kept or built, and that have the names
/// of a program's own folders: `/srv/src/shop`, `/opt/build/repo`, `D:\src\shop`.
const SHELVES: [&str; 6] = ["src", "source", "build", "builds", "packages", "crates"];
/// Folders that are a program's own even at the root of a system, as in a container: `/src`, `/dist`.
const OWN: [&str; 2] = ["src", "dist"];

/// Folders in which a program's releases are, and the one that runs.
const RELEASES: &str = "releases";
const CURRENT: &str = "current";

/// What a path tells of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inside<'a> {
    /// Folders and file, without the host's.
    pub(super) path: &'a str,
    /// Whether it is the path of a URL, which begins with the program.
    pub(super) is_served: bool,
    /// Whether it begins with the folder of the program, as where a host has several.
    is_shared: bool,
}

impl<'a> Inside<'a> {
    /// Without the folder that the program itself has on the host, and those of its releases.
    pub(super) fn in_program(self) -> &'a str {
        if !self.is_shared {
            return self.path;
        }
        let path = match first(self.path) {
            RELEASES => self.path,
            _ => without(self.path, 1),
        };
        match first(path) {
            CURRENT => without(path, 1),
            // A release may hold the program in a folder of its own.
            RELEASES => without(path, 3),
            _ => path,
        }
    }
}

/// Leaves the host's folders out. The name of the file always stays.
pub(super) fn inside(path: &str) -> Inside<'_> {
    // No path that begins with a slash has a scheme, and most begin so.
    let scheme = if path.starts_with('/') { None } else { path.split_once("://") };
    let path = match scheme {
        Some((scheme, rest)) if scheme != "file" => {
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            return Inside { path, is_served: true, is_shared: false };
        }
        Some((_, path)) => path,
        None => path,
    };
    let rooted = path.trim_start_matches(SLASHES);
    let on_drive = match rooted.as_bytes() {
        [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic() => rooted.get(3..),
        _ => None,
    };
    let is_absolute = on_drive.is_some() || rooted.len() < path.len();
    match on_drive {
        _ if !is_absolute => alone(path),
        Some(rest) => shared(below_drive(rest)),
        None => below_root(rooted),
    }
}

/// Folders that are all the program's.
fn alone(path: &str) -> Inside<'_> {
    Inside { path, is_served: false, is_shared: false }
}

/// Folders of a host on which each program has one.
fn shared(path: &str) -> Inside<'_> {
    Inside { path, is_served: false, is_shared: true }
}

fn below_drive(path: &str) -> &str {
    match first(path) {
        "Users" => below_shelf(without(path, 2)),
        shelf if SHELVES.contains(&shelf) => without(path, 1),
        own if OWN.contains(&own) => path,
        _ => without(path, 1),
    }
}

fn below_root(path: &str) -> Inside<'_> {
    let (root, rest) = (first(path), without(path, 1));
    match (root, first(rest)) {
        // Where GitHub and GitLab check out: both name the repository, and who it belongs to.
        ("home" | "Users", "runner") if first(without(rest, 1)) == "work" => {
            alone(without(path, 5))
        }
        ("builds", _) => alone(without(path, 3)),
        ("home" | "Users", _) => shared(below_shelf(without(path, 2))),
        // Where images of containers keep the program, and web servers the only one.
        ("usr", "src") if first(without(rest, 1)) == "app" => alone(without(path, 3)),
        ("var", "task") | ("github", "workspace") | ("vercel", _) => alone(without(path, 2)),
        ("opt", "render") => alone(without(path, 4)),
        // A package has its hash and its version.
        ("nix", "store") => alone(without(path, 3)),
        ("usr", "local") | ("var", _) => shared(below_shelf(without(path, 2))),
        ("root" | "srv" | "opt" | "usr" | "mnt" | "data" | "tmp", _) => shared(below_shelf(rest)),
        (own, _) if OWN.contains(&own) => alone(path),
        _ => alone(rest),
    }
}

fn below_shelf(path: &str) -> &str {
    if SHELVES.contains(&first(path)) { without(path, 1) } else { path }
}

/// The first folder; nothing where there is only the file.
fn first(path: &str) -> &str {
    path.split_once(SLASHES).map_or("", |(folder, _)| folder)
}

/// The path without some folders at its start.
fn without(path: &str, folders: usize) -> &str {
    (0..folders).fold(path, |path, _| path.split_once(SLASHES).map_or(path, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_a_folder_on_hosts_of_several() {
        let check =
            |path: &str, expected: &str| assert_eq!(inside(path).in_program(), expected, "{path}");
        for host in [
            "/app",
            "/code",
            "/usr/src/app",
            "/var/task",
            "/github/workspace",
            "/vercel/path0",
            "/opt/render/project/src",
            "/nix/store/0a1b2c-shop-1.2",
            "/tmp/8dc1f2e3a4b5c6d",
            "/builds/group/shop",
            "/home/runner/work/shop/shop",
            "/srv/shop",
            "/opt/shop/current",
            "/var/www/shop/releases/41/shop",
            "/home/ann/releases/41/shop",
            "/home/ann/shop",
            "/home/ann/src/shop",
            "/root/shop",
            "C:\\Users\\ann\\shop",
            "D:\\work\\shop",
        ] {
            check(&format!("{host}/cart/views.py"), "cart/views.py");
            check(&format!("{host}/views.py"), "views.py");
        }
        check("cart/views.py", "cart/views.py");
        check("https://x.example/views.py", "views.py");
    }

    #[test]
    fn folders_of_hosts_are_left_out() {
        let check = |path: &str, expected: &str| assert_eq!(inside(path).path, expected, "{path}");
        for host in [
            "/root/src",
            "/srv/src",
            "/opt/build",
            "/opt",
            "/usr/local/src",
            "/usr/src",
            "/home/ann",
            "/home/ann/src",
            "/Users/build/src",
            "C:\\Users\\ann\\src",
            "C:/Users/ann/src",
            "file:///C:/Users/build",
            "file:///home/build",
            "D:\\src",
            "D:\\work",
            "/app",
            "/workspace",
            "/var/www",
            "/builds/group/project",
            "/home/runner/work/shop/shop",
        ] {
            check(&format!("{host}/shop/index.js"), "shop/index.js");
            check(&format!("{host}/index.js"), "index.js");
        }
        check("/src/net/mod.rs", "src/net/mod.rs");
        check("/dist/page.js", "dist/page.js");
        check("webpack:///orders/index.ts", "orders/index.ts");
        check("https://x.example/index.js", "index.js");
        check("packages/a/index.js", "packages/a/index.js");
        check("index.js", "index.js");
        check("", "");
    }
}
