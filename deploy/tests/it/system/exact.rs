//! Counts stay exact whatever comes twice, at once, or from the wrong time.

use deploy::services::Service;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Counts, System, database_client};
use super::quiet::{Queues, settle, until_drained};
use super::relay::{Flow, system_behind_relay};

async fn queues(system: &System) -> Queues {
    Queues::at(system.sandbox.amqp_url(), system.sandbox.namespace()).await
}

#[tokio::test]
async fn one_id_a_hundred_times_at_once_counts_once() {
    let mut system = System::start().await;
    let queues = queues(&system).await;
    let id = Uuid::new_v4().to_string();
    let event = json!({"message": "at once", "source": "exact", "event_id": id});
    let alone = (0..60).map(|_| system.client.post("/api/errors", &event));
    let five = json!(vec![event.clone(); 5]);
    let together = (0..8).map(|_| system.client.post("/api/errors/batch", &five));
    let (alone, together) = tokio::join!(join_all(alone), join_all(together));

    let mut answers: Vec<Value> = alone.iter().map(|answer| answer.data().clone()).collect();
    for answer in &together {
        assert_eq!(answer.data()["accepted"], 5);
        answers.extend(answer.data()["results"].as_array().unwrap().iter().cloned());
    }
    assert_eq!(answers.len(), 100);
    for answer in &answers {
        assert_eq!((&answer["event_id"], &answer["id"]), (&json!(id), &answers[0]["id"]));
    }
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(1);
    system.stop().await;
}

#[tokio::test]
async fn of_two_bodies_at_once_one_wins_everywhere() {
    const RACES: i64 = 20;
    let mut system = System::start().await;
    let queues = queues(&system).await;
    let races = (0..RACES).map(|race| {
        let client = system.client.clone();
        async move {
            let id = Uuid::new_v4().to_string();
            let body = |text: &str| {
                json!({"message": text, "source": "exact", "event_id": id,
                       "fingerprint": [text, race.to_string()]})
            };
            let (first, second) = tokio::join!(client.report(body("A")), client.report(body("B")));
            (id, [first, second])
        }
    });
    let races = join_all(races).await;
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(RACES);

    let list = system.client.get("/api/errors?limit=100").await;
    assert_eq!(list.data()["total"], RACES);
    // Whoever lost is looked for in vain for a second, all at the same time.
    join_all(races.iter().map(|(id, answers)| check_winner(&system, id, answers))).await;
    system.stop().await;
}

/// One of two answers under one id stands for the event, and nothing is left of the other.
async fn check_winner(system: &System, id: &str, answers: &[Value; 2]) {
    let event = system.client.get(&format!("/api/events/{id}")).await.data().clone();
    let errors = answers.each_ref().map(|answer| format!("/api/errors/{}", text(&answer["id"])));
    let [first, second] = errors.each_ref().map(|path| system.client.get(path));
    let errors = tokio::join!(first, second);
    let (won, lost) = if answers[0]["id"] == event["error_id"] {
        ((&answers[0], errors.0), errors.1)
    } else {
        ((&answers[1], errors.1), errors.0)
    };
    assert_eq!(won.0["message"], event["message"]);
    assert_eq!(won.1.data()["message"], event["message"]);
    assert_eq!(won.1.data()["count"], 1);
    assert_eq!(lost.status, StatusCode::NOT_FOUND, "{}", lost.body);
}

#[tokio::test]
async fn four_workers_with_the_same_ids_in_opposite_orders_agree() {
    const IDS: usize = 240;
    let mut system = System::start().await;
    let queues = queues(&system).await;
    for _ in 0..3 {
        system.services.start_extra_worker().await.unwrap();
    }
    let kinds = ["one", "two", "three", "four", "five", "six", "seven"];
    let events: Vec<Value> = (0..IDS)
        .map(|number| {
            let message = format!("{} of many", kinds[number % kinds.len()]);
            json!({"message": message, "source": "exact", "event_id": Uuid::new_v4(),
                   "user": {"id": number % 20}})
        })
        .collect();
    let clients = (0..4).map(|client| {
        let mut own = events.clone();
        if client % 2 == 1 {
            own.reverse();
        }
        // Each client begins elsewhere.
        own.rotate_left(client / 2 * IDS / 2);
        let http = system.client.clone();
        async move {
            for chunk in own.chunks(8) {
                let answer = http.post("/api/errors/batch", &json!(chunk)).await;
                assert_eq!(answer.data()["accepted"], 8, "{}", answer.body);
            }
        }
    });
    join_all(clients).await;
    until_drained(&system.services, &queues).await;
    let System { sandbox, services, .. } = system;
    // Ends every worker in order: what one had taken is stored, or would be in the queue again.
    services.stop().await;
    assert_eq!(queues.waiting().await, 0);
    let database = sandbox.database_url();
    Counts::read(&database).await.assert_all(i64::try_from(IDS).unwrap());
    let rows = "SELECT count(*), sum(user_count)::bigint, (SELECT count(*) FROM group_users)
                FROM error_stats";
    let row = database_client(&database).await.query_one(rows, &[]).await.unwrap();
    let numbers: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(numbers, [7, 7 * 20, 7 * 20], "errors, and users of all of them");
    sandbox.close().await.unwrap();
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_redelivery_does_not_bring_a_deleted_error_back() {
    let (mut system, relay, queues) = system_behind_relay(Service::Worker, |options| options).await;
    let given = Uuid::new_v4().to_string();
    let event = json!({"message": "deleted meanwhile", "source": "exact"});
    let mut with_id = event.clone();
    with_id["event_id"] = json!(given);

    // Stored, but the broker never hears of it.
    relay.set(Flow::NoRequests);
    let id = text(&system.client.report(with_id.clone()).await["id"]).to_owned();
    for _ in 0..20 {
        system.client.report(event.clone()).await;
    }
    system.drained(21).await.assert_all(21);
    let path = format!("/api/errors/{id}");
    assert_eq!(system.client.delete(&path).await.status, StatusCode::NO_CONTENT);

    // All of it comes again, and the client sends its event again, too.
    relay.cut();
    relay.set(Flow::Open);
    system.client.report(with_id).await;
    system.client.report(json!({"message": "another", "source": "exact"})).await;
    system.drained(1).await;
    settle(&mut system.services, &queues).await;
    system.services.restart(Service::Worker).await.unwrap();
    assert_eq!(system.client.get(&path).await.status, StatusCode::NOT_FOUND);
    let list = system.client.get("/api/errors").await;
    assert_eq!(
        (&list.data()["total"], &list.data()["errors"][0]["message"]),
        (&json!(1), &json!("another"))
    );
    assert_eq!(system.client.get("/api/stats").await.data()["events_total"], 1);

    let anew = system.client.report(event).await;
    assert_eq!(text(&anew["id"]), id);
    system.drained(2).await;
    let error = system.client.get(&path).await;
    assert_eq!(error.data()["count"], 1, "{}", error.body);
    assert_eq!(error.data()["latest_event"]["event_id"], anew["event_id"]);
    system.stop().await;
}

#[tokio::test]
async fn a_wrong_clock_is_replaced_by_the_receipt() {
    let system = System::start().await;
    let at = |offset: chrono::TimeDelta| json!(shared::time::format(shared::time::now() + offset));
    for (what, timestamp, corrected) in [
        ("an hour ahead", at(chrono::TimeDelta::hours(1)), true),
        ("a year ago", at(chrono::TimeDelta::days(-365)), true),
        ("none", Value::Null, false),
        ("a day ago", at(chrono::TimeDelta::days(-1)), false),
    ] {
        let event = json!({"message": what, "source": "clock", "timestamp": timestamp});
        let posted = system.client.report(event).await;
        let error =
            system.client.get(&format!("/api/errors/{}", text(&posted["id"]))).await.data().clone();
        let path = format!("/api/events/{}", text(&posted["event_id"]));
        let event = system.client.get(&path).await.data().clone();
        let believed = !corrected && !timestamp.is_null();
        let expected = if believed { &timestamp } else { &event["received_at"] };
        assert_eq!(&event["timestamp"], expected, "{what}");
        assert_eq!(&error["first_seen"], expected, "{what}");
        assert_eq!(&error["last_seen"], expected, "{what}");
        let note = json!({"field": "timestamp", "change": "clock_corrected"});
        let noted = event["notes"].as_array().unwrap().contains(&note);
        assert_eq!(noted, corrected, "{what} {}", event["notes"]);
    }
    system.drained(4).await.assert_all(4);
    system.stop().await;
}
