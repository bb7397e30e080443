//! No statement reads all events: each finds them by an index.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Seed, Server};

fn statements() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 15, "the statements should be found");
    found
}

#[tokio::test]
async fn every_statement_fits_the_schema_and_none_scans_events() {
    let server = Server::start().await;
    Seed::error("one").events(3).store(&server.db).await;
    // On tables this small a scan is the cheaper plan; what matters is that an index can be used.
    server
        .db
        .batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    for (path, sql) in statements() {
        let name = path.display();
        let statement =
            server.db.prepare(&sql).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        if !sql.contains("events ") {
            continue;
        }
        let nulls = vec!["NULL"; statement.params().len()].join(", ");
        server.db.batch_execute(&format!("PREPARE checked AS {sql}")).await.unwrap();
        let explain = match nulls.as_str() {
            "" => "EXPLAIN EXECUTE checked".to_owned(),
            nulls => format!("EXPLAIN EXECUTE checked ({nulls})"),
        };
        for row in server.db.query(&explain, &[]).await.unwrap() {
            let line: String = row.get(0);
            assert!(!line.contains("Seq Scan on events"), "{name}: {line}");
        }
        server.db.batch_execute("DEALLOCATE checked").await.unwrap();
    }
    server.stop().await;
}
