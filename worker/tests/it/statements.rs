//! Every statement file fits the migrated schema.

use std::path::{Path, PathBuf};

use crate::place::Place;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let place = Place::new().await;
    let client = place.pool.get().await.unwrap();
    let mut checked = 0;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [here.join("src"), here.join("../shared/src")];
    for file in folders.iter().flat_map(|folder| sql_files(folder)) {
        let sql = std::fs::read_to_string(&file).unwrap();
        let outcome = client.prepare(&sql).await;
        assert!(outcome.is_ok(), "{}: {:?}", file.display(), outcome.err());
        assert!(sql.starts_with("--"), "{} has no header", file.display());
        checked += 1;
    }
    assert!(checked > 30, "only {checked} statements were found");
    drop(client);
    place.close().await;
}

fn sql_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sql_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files
}
