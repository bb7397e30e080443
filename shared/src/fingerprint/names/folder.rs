//! Files with names that many folders of a program have: what they are called says which of them it is
//! only together with the folder.
//!
//! Where a program is installed must not decide. So a folder counts only below one of sources, of what was
//! built of them or of a layer such as `routes`, which a program has wherever it runs, and in URLs, which
//! begin with the program. Names that are those of a package's files by convention need no such sign.

use super::asset::FOLDERS as BUNDLED;
use super::host;
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
/// Names of a file that each package of a program of Python has, as Django and FastAPI lay them out.
const PACKAGED: [&str; 23] = [
    "admin.py",
    "api.py",
    "consumers.py",
    "crud.py",
    "dependencies.py",
    "filters.py",
    "forms.py",
    "handler.py",
    "handlers.py",
    "models.py",
    "permissions.py",
    "repository.py",
    "router.py",
    "routes.py",
    "schemas.py",
    "serializers.py",
    "service.py",
    "services.py",
    "signals.py",
    "tasks.py",
    "urls.py",
    "utils.py",
    "views.py",
];
/// Folders that many parts of a program have: the one around them tells which part it is.
const LAYERS: [&str; 14] = [
    "api",
    "components",
    "controllers",
    "handlers",
    "helpers",
    "internal",
    "models",
    "modules",
    "pages",
    "routes",
    "services",
    "tasks",
    "utils",
    "views",
];
/// Layers that are named behind the folder around them; more say no more.
const MAX_LAYERS: usize = 2;
/// The folder of the sources of a program or of a package of it.
const SOURCES: &str = "src";
/// Folders of packages.
const SHELVES: [&str; 2] = ["packages", "crates"];
/// Layers that nobody keeps programs in: what is in them is a program's.
const ROUTED: [&str; 6] = ["components", "controllers", "handlers", "models", "routes", "views"];
/// Folders that depend on how sources are laid out and built.
const TRANSPARENT: [&str; 11] =
    ["app", "apps", "client", "cmd", "js", "lib", "pkg", "server", "site", "www", ".."];

/// Folder and name of a file with a general name, such as `users/index`; `None` where the name tells
/// enough, or no folder is known to be the program's.
pub(super) fn before(path: &str, name: &str) -> Option<String> {
    let stem = match split_at_last(name, b'.') {
        Some((stem, extension)) if path.ends_with(extension) => stem,
        _ => name,
    };
    let is_packaged = PACKAGED.contains(&name);
    if !is_packaged && !is_general(stem) {
        return None;
    }
    let inside = host::inside(path);
    let (within, folders) = match inside.is_served {
        // By convention, so that no folder has to say that the program begins.
        _ if is_packaged => (Within::Sources, inside.in_program()),
        true => (Within::Bundle, inside.path),
        false => (Within::Nothing, inside.path),
    };
    let mut named = Named { within, ..Named::default() };
    let mut folders = folders.split(['/', '\\']).filter(|it| !matches!(*it, "" | "."));
    folders.next_back()?;
    folders.for_each(|folder| named.enter(folder));
    if is_packaged && !named.layers.is_empty() {
        // A folder above those of layers may be that of the program on this host.
        named.part = None;
    }
    named.with(name)
}

/// Whether many files of a program may have the name.
fn is_general(stem: &str) -> bool {
    matches!(stem.len(), 3..=10) && GENERAL.contains(&stem)
}

/// What the folders so far are known to be in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    /// Nothing of a program.
    #[default]
    Nothing,
    /// What a bundler wrote, or a server serves: folders of sources may begin in it.
    Bundle,
    /// A program's sources, or one of its packages.
    Sources,
}

/// What the folders so far make of the name.
#[derive(Default)]
struct Named<'a> {
    within: Within,
    /// The folder that tells the part of the program.
    part: Option<&'a str>,
    layers: Vec<&'a str>,
}

impl<'a> Named<'a> {
    fn enter(&mut self, folder: &'a str) {
        match self.within {
            _ if SHELVES.contains(&folder) => self.within = Within::Sources,
            Within::Nothing | Within::Bundle if folder == SOURCES => {
                *self = Self { within: Within::Sources, ..Self::default() };
            }
            Within::Nothing if BUNDLED.contains(&folder) => self.within = Within::Bundle,
            Within::Nothing if ROUTED.contains(&folder) => {
                self.within = Within::Sources;
                self.name(folder);
            }
            Within::Nothing => {}
            // A package's own folder of sources stands below the package, which is what has the name.
            _ if folder == SOURCES || BUNDLED.contains(&folder) => {}
            _ if TRANSPARENT.contains(&folder) => {}
            _ => self.name(folder),
        }
    }

    fn name(&mut self, folder: &'a str) {
        if !is_layer(folder) {
            self.part = Some(folder);
            self.layers.clear();
            return;
        }
        if self.layers.len() == MAX_LAYERS {
            self.layers.remove(0);
        }
        self.layers.push(folder);
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

/// Whether many parts of a program have such a folder.
fn is_layer(folder: &str) -> bool {
    LAYERS.contains(&folder) || is_version_of_api(folder) || is_parameter(folder)
}

/// `v1`: several stand beside each other in a program.
fn is_version_of_api(folder: &str) -> bool {
    matches!(folder.as_bytes(), [b'v', digit] if digit.is_ascii_digit())
}

/// `[id]`, `(shop)`: what a framework makes of a folder's name.
fn is_parameter(folder: &str) -> bool {
    folder.starts_with(['[', '('])
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
        check("/app/dist/users/index.js", "index", Some("users/index"));
        check("/srv/shop/packages/a/handlers/index.js", "index", Some("a/handlers/index"));
        check("/srv/shop/packages/b/handlers/index.js", "index", Some("b/handlers/index"));
        check("packages/a/src/index.js", "index", Some("a/index"));
        check("/app/src/api/v2/orders/index.js", "index", Some("orders/index"));
        check("/app/src/orders/v2/index.js", "index", Some("orders/v2/index"));
        check("C:\\code\\shop\\src\\orders\\models.py", "models", Some("orders/models"));
        check("src/net/mod.rs", "mod", Some("net/mod"));
        check("/src/net/mod.rs", "mod", Some("net/mod"));
        check(
            "https://x.example/_next/static/chunks/app/cart/page-1f.js",
            "page",
            Some("cart/page"),
        );
        check("file:///srv/shop/src/users/index.mjs", "index", Some("users/index"));
        check("webpack:///orders/index.ts", "index", Some("orders/index"));
        check("webpack:///../../index.ts", "index", None);
        check("/app/.next/server/app/orders/[id]/page.js", "page", Some("orders/[id]/page"));
    }

    #[test]
    fn packages_name_their_files() {
        for host in ["/app", "/srv/shop", "/home/ann/shop/src", "/opt/shop/current/backend", "."] {
            check(&format!("{host}/orders/models.py"), "models.py", Some("orders/models.py"));
            check(&format!("{host}/orders/api/v1/views.py"), "views.py", Some("api/v1/views.py"));
        }
        for host in
            ["/app", "/srv/app", "/srv/shop", "/opt/shop/releases/41/shop", "/home/ann/shop"]
        {
            check(&format!("{host}/models.py"), "models.py", None);
            check(&format!("{host}/app/models.py"), "models.py", None);
        }
        check("/srv/shop/orders/run.py", "run.py", None);
        for host in ["/srv/app/shop", "/home/app/releases/20261118/shop", "/opt/shop/current/shop"]
        {
            check(&format!("{host}/app/api/v1/routes.py"), "routes.py", Some("api/v1/routes.py"));
        }
    }

    #[test]
    fn hosts_folders_are_left_out_before_sources() {
        for host in [
            "/root/src/shop",
            "/srv/src/shop",
            "/opt/build/repo/src",
            "/opt/build/repo",
            "/srv/static/shop/src",
            "/usr/local/src/app",
            "/home/ann/src/shop",
            "/home/ann/src/shop/src",
            "C:\\Users\\ann\\src\\shop",
            "D:\\work\\src",
            "D:\\src\\shop",
            "file:///C:/Users/build/shop",
            "file:///C:/Users/build/src/shop/src",
            "/app/src",
            "/workspace",
            "/workspace/src",
            "/var/www/shop",
            "/builds/dist/src/src",
            "/home/runner/work/dist/dist/src",
        ] {
            check(&format!("{host}/index.js"), "index", None);
            if host.ends_with("src") {
                check(&format!("{host}/users/index.js"), "index", Some("users/index"));
            }
            check(&format!("{host}/routes/users/index.js"), "index", Some("users/index"));
        }
        check("webpack:///shop/src/users/index.ts", "index", Some("users/index"));
        check("webpack:///shop/src/index.ts", "index", None);
        check("webpack:///packages/a/src/index.ts", "index", Some("a/index"));
        check("https://x.example/static/js/src/users/index.js", "index", Some("users/index"));
        check("routes/users/index.js", "index", Some("users/index"));
        check("routes/orders/index.js", "index", Some("orders/index"));
    }

    #[test]
    fn where_a_program_is_installed_does_not_count() {
        for path in [
            "/srv/shop/index.js",
            "/srv/shop/src/index.js",
            "/app/index.js",
            "/usr/src/app/index.js",
            "/home/ann/shop/dist/index.js",
            "/home/ann/src/shop/index.js",
            "/home/runner/work/shop/shop/src/index.js",
            "/builds/team/shop/src/index.js",
            "/build/index.js",
            "/opt/shop/releases/20240301120000/index.js",
            "/opt/shop/releases/41/shop/index.js",
            "/var/app/current/shop/index.js",
            "/mnt/deploy/blue/index.js",
            "C:\\Users\\ann\\Documents\\shop\\index.js",
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
