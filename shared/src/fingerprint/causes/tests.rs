use super::*;

fn check(text: &str, expected: &str) {
    let mut causes = Causes::default();
    causes.read(text);
    let mut found = Vec::new();
    found.extend(causes.status_class.map(|class| format!("{}xx", char::from(class))));
    found.extend(causes.number().map(str::to_owned));
    found.extend(causes.port.map(|port| format!("port {port}")));
    found.extend(
        causes
            .table
            .map(|table| format!("table {}", String::from_utf8(table.bytes().collect()).unwrap())),
    );
    assert_eq!(found.join(", "), expected, "{text}");
}

#[test]
fn status_classes() {
    check("Request failed with status code 404", "4xx");
    check("HTTP/1.1 502 Bad Gateway", "5xx");
    check("Server error '503 Service Unavailable' for url 'http://x/404/y'", "5xx");
    check("404 Client Error: Not Found for url: http://x/500", "4xx");
    check("upstream returned 503", "5xx");
    check("  upstream returned 503 ", "5xx");
    check("status=429 after 3 tries", "4xx");
    check("HTTP Error 503: busy", "5xx");
    check("service returned 503", "5xx");
    check("unexpected status 500 from billing", "5xx");
    check("GET /users/17 -> 404", "4xx");
    check("Server returned HTTP response code: 503 for URL: http://x/1", "5xx");
    check("Unexpected response code: 403", "4xx");
    check("request failed: 404 not found", "4xx");
    check("Request failed (404)", "4xx");
    check("unexpected response: 404", "4xx");
    check("Expected HTTP 200, got 404", "4xx");
    check("the peer responded with 502", "5xx");
    check("404, message='Not Found', url='http://x/1'", "4xx");
    check("<HttpError 404 when requesting http://x/1 returned \"no\">", "4xx");
    check("An error occurred (404) when calling the HeadObject operation: Not Found", "4xx");
    check("Error: HTTP error! status: 502", "5xx");
    check("API error (status 502)", "5xx");
    check("upstream error, status=503", "5xx");
    check("HTTP error code: 502", "5xx");
    check("API request failed: 404", "4xx");
    check("10.0.0.1 - \"GET /x HTTP/1.1\" 500 12", "5xx");
    check("429 Rate limit reached for requests", "4xx");
    check("Error: 500 {\"type\": \"error\"}", "5xx");
    check("Failed to fetch user: 404", "4xx");
    check("Network response was not ok: 503", "5xx");
    check("Response not OK: 404", "4xx");
    check("500 The server had an error", "5xx");
}

#[test]
fn services_name_their_errors() {
    check("rpc error: code = Unavailable desc = connection closed", "Unavailable");
    check("An error occurred (NoSuchKey) when calling the GetObject operation: no", "NoSuchKey");
    check("status = StatusCode.NOT_FOUND details = no", "StatusCode.NOT_FOUND");
    check("Minified React error #418; visit https://x.example/418", "418");
    check("An error occurred (Late) in code = Unavailable", "");
}

#[test]
fn three_digits_alone_are_no_status() {
    check("order 503 not shipped", "");
    check("503 items left", "");
    check("404 Orders could not be imported", "");
    check("404 MB left", "");
    check("Orders of user: 404", "");
    check("Failed to fetch user: 404 tries", "");
    check("order 404 Not in stock", "");
    check("order 404 not found", "");
    check("crate 400 bad request of ann", "");
    check("order 410 gone", "");
    check("loaded 404 rows with 500 columns", "");
    check("550 mailbox unavailable", "");
    check("expected 3 items, got 450", "");
    check("Order status 450 unknown", "");
    check("dropped 450 client connections", "");
    check("skipped 412 bad rows", "");
    check("batch failed with 450.", "");
    check("moved shelf 12 -> 404", "");
    check("lost the parcel (404)", "");
}

#[test]
fn error_numbers() {
    check("[Errno 28] No space left", "28");
    check("ENOENT: no such file", "ENOENT");
    check("EXDEV: cross-device link not permitted", "EXDEV");
    check("queryA ESERVFAIL depot.example", "ESERVFAIL");
    check("ER_LOCK_DEADLOCK: Deadlock found", "ER_LOCK_DEADLOCK");
    check("SQLITE_BUSY: database is locked", "SQLITE_BUSY");
    check("ER_ROOM17 is ER_", "");
    check("SQLSTATE[HY000]: gone away", "HY000");
    check("Permission denied (os error 13)", "13");
    check("ORA-00942: table or view", "ORA-00942");
    check("process ended with exit code 137", "137");
    check("job 7 ended, exit_code=137", "137");
    check("process exited with code 137", "137");
    check("exited with status 2 after 3 s", "2");
    check("exit status 0xC0000005", "0xC0000005");
    check("worker died with exit status 139", "139");
    check("exited: `crates` (signal: 9, SIGKILL)", "9");
    check("killed on signal 9", "9");
    check("killed by signal 9", "9");
    check("MySQL error 2006: gone away", "2006");
    check("ERROR 1062 (23000): Duplicate entry", "1062");
    check("Net.SocketException (111): refused", "111");
    check("SqlException (0x80131904): timeout", "");
    check("ERROR in EMAIL", "");
    check("signal 300 lost", "");
    check("error 17 (see the manual)", "");
    check("error 1234 (ABCDE) in the plan", "");
    check("1205 (HY000): Lock wait timeout", "1205");
    check("ProgrammingError: 1146 (42S02): no such thing", "1146");
    check("parcel 1146 (42S02): lost", "");
}

#[test]
fn ports_of_refused_connections() {
    check("connect ECONNREFUSED 10.0.0.9:5432", "ECONNREFUSED, port 5432");
    check("12:30:01 dial tcp [::1]:6379: connect: connection refused", "port 6379");
    check("is it accepting connections on port 5433? Connection refused", "port 5433");
    check("read from 10.0.0.9:5432 closed", "");
    check("connect ETIMEDOUT 10.0.0.9:443 - Local (10.0.0.3:51234)", "ETIMEDOUT, port 443");
}

#[test]
fn tables() {
    check("no such table: parcels", "table parcels");
    check("relation \"parcels\" does not exist", "table parcels");
    check("Table 'depot.parcels' doesn't exist", "table parcels");
    check("UNIQUE constraint failed: parcels.label", "table parcels");
    check("SELECT a, b FROM parcels WHERE id = 7", "table parcels");
    check("select * from \"depot\".\"parcels\" p", "table parcels");
    check("no such table \"parcels\". Add it", "table parcels");
    check("INSERT INTO parcels (a) VALUES (7)", "table parcels");
    check("UPDATE parcels SET a = 7", "table parcels");
    check("DELETE FROM parcels", "table parcels");
    check("violates unique constraint \"parcels_label_key\"", "table parcels_label_key");
    check("Duplicate entry 'x' for key 'parcels.label'", "table parcels.label");
    check("Invalid object name 'dbo.parcels'.", "table parcels");
    check("Cannot insert duplicate key in object 'dbo.parcels'", "table parcels");
    check("duplicate key error collection: depot.parcels index: a_1 dup key", "table parcels");
    check("no such table: parcels2", "table parcels2");
    check("relation \"parcels_2024_01\" does not exist", "table parcels");
    check("relation \"parcels_y2024m01\" does not exist", "table parcels");
    check("relation \"parcels_p20240101\" does not exist", "table parcels");
    check("violates unique constraint \"parcels_2024_01_label_key\"", "table parcels_label_key");
    check("violates check constraint \"parcels_p20240131_check1\"", "table parcels_check1");
    check("relation \"parcels_2\" does not exist", "table parcels_2");
    check("relation \"a-b\" does not exist", "table a-b");
    check("duplicate key user-17 ignored", "");
    check("duplicate key bob ignored", "");
    check("cannot insert into crate-17 now", "");
    check("could not select a seat from row", "");
    check("could not update settings from file", "");
    check("the table is full", "");
    check("key 'abc' not found", "");
    check("failed to delete bob from group", "");
}

#[test]
fn counts_and_input_are_no_error_numbers() {
    check("ReadTimeout (5000 ms) from upstream", "");
    check("Navigation Timeout (30000 ms exceeded)", "");
    check("BatchFailure (17 of 20 rows)", "");
    check("RetryFailure (5 tries left)", "");
    check("Checkout terminated: invalid promo code SAVE10", "");
    check("Checkout terminated: code SAVE10", "");
    check("session terminated, unknown zip code 90210", "");
    check("session terminated, code 90210", "");
    check("session terminated while order status 17 was read", "");
    check("hero died with 17, score lost", "");
    check("low signal 17 at antenna", "");
    check("session terminated by a low signal 17", "");
}

#[test]
fn numbers_of_things_are_no_status() {
    check("Request batch incomplete (450) rows", "");
    check("request item (450) not packed", "");
    check("request item (404) not packed", "");
    check("Order 409 Conflict with order 77", "");
    check("API returned 450, expected 20", "");
    check("API returned 404, expected 20", "");
    check("API expected 20 rows, got 404", "");
    check("unexpected response: 450", "");
    check("API returned 404, expected 200", "4xx");
    check("Request failed (404): no such basket", "4xx");
    check("409 Conflict", "4xx");
    check("stream terminated with status 503", "5xx");
    check("got 409 Conflict for the basket", "4xx");
    check("status 450 of the upstream", "4xx");
}

#[test]
fn names_with_numbers_are_no_peers() {
    check("connect timeout after 5432 tries: stage:700", "");
    check("cannot connect node:117 to node:118", "");
    check("Connection refused. Retrying stage:700", "");
    check("cannot connect to depot-db:5432", "port 5432");
    check("dial tcp redis:6379: i/o timeout", "port 6379");
    check("redis:6379: Connection refused", "port 6379");
    check("Connection refused: redis:6379", "port 6379");
    check("connect ETIMEDOUT redis:6379", "ETIMEDOUT, port 6379");
    check("Error 111 connecting to 10.0.0.9:6379. Connection refused.", "port 6379");
    check("Can't connect to MySQL server on 'depot:3306'", "port 3306");
}

#[test]
fn words_of_statements_in_sentences_name_no_table() {
    check("table T12 is already booked", "");
    check("no free table for_17", "");
    check("Select one. Message from bob lost", "");
    check("select one, two or all from bob", "");
    check("cannot update bob set aside", "");
    check("in relation bob is the first", "");
    check("permission denied for table parcels", "table parcels");
    check("table parcels has no column named label", "table parcels");
    check("DROP TABLE parcels", "table parcels");
    check("select p1_0.id,p1_0.label from parcels p1_0", "table parcels");
    check("select id from parcels where label = 7", "table parcels");
    check("update parcels set \"label\"=7", "table parcels");
    check("relation \"tmp_import_4711\" does not exist", "table tmp_import");
    check("relation \"tmp_7\" does not exist", "table tmp");
}

#[test]
fn databases_tell_more_than_their_drivers() {
    check("SQLSTATE[HY000]: gone away", "HY000");
    check("SQLSTATE[HY000]: General error: 1205 Lock wait timeout", "1205");
    check("SQLSTATE[HY000] [2002] Connection refused", "2002");
    check("SQLSTATE[HY000] [1045] Access denied for user", "1045");
    check("SQLSTATE[08006] [7] connection to server failed", "08006");
    check("('42S02', \"[42S02] [Driver 17]Invalid object. (208) (SQLExecDirectW)\")", "42S02");
    check("KeyError: ('42S02', 'ann')", "");
    check("SQLSTATE[40001]: Serialization failure: 1213 Deadlock", "40001");
    check("Npgsql.PostgresException (0x80004005): 40001: could not serialize", "40001");
    check("Npgsql.PostgresException (0x80004005): 57P01: shut down", "57P01");
    check("MySqlException (0x80004005): Out of memory", "0x80004005");
    check("(1045, \"Access denied for user 'ann'\")", "1045");
    check("OperationalError: (2013, 'Lost connection to server')", "2013");
    check("(pymysql.err.OperationalError) (1205, 'Lock wait timeout')", "1205");
    check("40001: could not serialize", "");
    check("KeyError: (1045, 'ann')", "");
    check("KeyError: (17, 'Ann Li')", "");
    check("KeyError: (1500, 'Ann Li')", "");
}

#[test]
fn numbers_of_drivers_give_way_in_any_order() {
    let mut causes = Causes::default();
    causes.read("53300: too many clients");
    causes.note_error_number("0x80004005");
    assert_eq!(causes.number(), Some("53300"));
    let mut causes = Causes::default();
    causes.note_error_number("0x80004005");
    assert_eq!(causes.number(), Some("0x80004005"));
    causes.read("53300: too many clients");
    assert_eq!(causes.number(), Some("53300"));
    causes.note_error_number("111");
    assert_eq!(causes.number(), Some("111"));
}
