//! Real stacks and messages, posted as a plain client does and read back grouped and counted.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::client::System;

/// Pairwise F1 below this means that grouping got worse.
const MIN_F1: f64 = 0.95;

#[tokio::test]
async fn the_grouping_table_is_read_back_grouped_and_counted() {
    let system = System::start().await;
    let rows: Vec<Value> = include_str!("../../fixtures/grouping.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut groups: Vec<(String, String)> = Vec::new();
    for row in &rows {
        let mut event = row.clone();
        let bug = event.as_object_mut().unwrap().remove("bug").unwrap();
        let posted = system.client.report(event).await;
        groups.push((bug.as_str().unwrap().to_owned(), posted["id"].as_str().unwrap().to_owned()));
    }
    let total = i64::try_from(rows.len()).unwrap();
    system.drained(total).await.assert_all(total);

    let mut expected: HashMap<&str, u64> = HashMap::new();
    for (_, id) in &groups {
        *expected.entry(id).or_default() += 1;
    }
    let mut offset = 0;
    let mut read: HashMap<String, u64> = HashMap::new();
    loop {
        let list = system.client.get(&format!("/api/errors?limit=100&offset={offset}")).await;
        let page = list.data()["errors"].as_array().unwrap().clone();
        if page.is_empty() {
            break;
        }
        offset += page.len();
        for error in page {
            let id = error["id"].as_str().unwrap().to_owned();
            assert_eq!(read.insert(id, error["count"].as_u64().unwrap()), None);
        }
        assert_eq!(list.data()["total"], json!(expected.len()));
    }
    let expected: HashMap<String, u64> =
        expected.into_iter().map(|(id, count)| (id.to_owned(), count)).collect();
    assert_eq!(read, expected);

    let f1 = pairwise_f1(&groups);
    assert!(f1 >= MIN_F1, "pairwise F1 is {f1:.4}");
    system.stop().await;
}

/// Over all pairs of rows: how well "same group" says "same bug".
fn pairwise_f1(rows: &[(String, String)]) -> f64 {
    let (mut both, mut same_bug, mut same_group) = (0.0, 0.0, 0.0);
    for (at, (bug, group)) in rows.iter().enumerate() {
        for (other_bug, other_group) in rows.iter().skip(at + 1) {
            let (bugs, groups) = (bug == other_bug, group == other_group);
            both += f64::from(u8::from(bugs && groups));
            same_bug += f64::from(u8::from(bugs));
            same_group += f64::from(u8::from(groups));
        }
    }
    let (precision, recall) = (both / same_group, both / same_bug);
    2.0 * precision * recall / (precision + recall)
}
