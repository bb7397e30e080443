//! What is asked.

/// Ids that exist.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    /// Public ids of errors.
    pub errors: Vec<String>,
    /// Ids of events.
    pub events: Vec<String>,
}

/// One kind of read.
#[derive(Debug)]
pub struct Question {
    /// Its name in the report.
    pub name: &'static str,
    path: Path,
}

#[derive(Debug)]
enum Path {
    Fixed(&'static str),
    /// A path before and after an id, and the ids to ask for in turn.
    Of(&'static str, Vec<String>, &'static str),
}

impl Question {
    /// The path of a request of this kind.
    #[must_use]
    pub fn path(&self, number: u64) -> String {
        match &self.path {
            Path::Fixed(path) => (*path).to_owned(),
            Path::Of(before, ids, after) => {
                let at = usize::try_from(number).unwrap_or(0) % ids.len().max(1);
                let id = ids.get(at).map_or("", String::as_str);
                format!("{before}{id}{after}")
            }
        }
    }
}

const FIXED: [(&str, &str); 26] = [
    ("list", "/api/errors"),
    ("list, oldest first", "/api/errors?order=asc"),
    ("list by first seen", "/api/errors?sort=first_seen"),
    ("list by count", "/api/errors?sort=count"),
    ("list by users", "/api/errors?sort=users"),
    ("list, level", "/api/errors?level=error"),
    ("list, source", "/api/errors?source=shop-backend"),
    ("list, environment", "/api/errors?environment=production"),
    ("list, release", "/api/errors?release=shop@2.14.1"),
    ("list, environment and release", "/api/errors?environment=production&release=shop@2.15.0"),
    ("list, status", "/api/errors?status=unresolved"),
    ("list, resolved", "/api/errors?resolved=true"),
    ("list, search: in all", "/api/errors?q=closed+the+connection"),
    ("list, search: in none", "/api/errors?q=nowhere+to+be+found"),
    ("list, search: two letters", "/api/errors?q=xq"),
    ("list, since and until", "/api/errors?since=2020-01-01T00:00:00Z&until=2040-01-01T00:00:00Z"),
    (
        "list, several filters by count",
        "/api/errors?level=error&status=unresolved&release=shop@2.14.0&sort=count",
    ),
    ("list, offset 10,000", "/api/errors?offset=10000"),
    ("statistics", "/api/stats"),
    ("trends, week by day", "/api/analytics/trends"),
    ("trends, year by hour", "/api/analytics/trends?period=year&group_by=hour"),
    ("performance", "/api/analytics/performance"),
    ("services", "/api/monitoring/services"),
    ("system metrics, 1 h", "/api/monitoring/metrics"),
    ("uptime", "/api/monitoring/uptime"),
    ("ledger", "/api/monitoring/ledger"),
];

/// All kinds of reads.
#[must_use]
pub fn all(ids: &Ids) -> Vec<Question> {
    let of = |name, before, ids: &[String], after| Question {
        name,
        path: Path::Of(before, ids.to_vec(), after),
    };
    let mut questions: Vec<Question> =
        FIXED.map(|(name, path)| Question { name, path: Path::Fixed(path) }).into();
    questions.extend([
        of("get an error", "/api/errors/", &ids.errors, ""),
        of("events of an error", "/api/errors/", &ids.errors, "/events"),
        of("get an event", "/api/events/", &ids.events, ""),
    ]);
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_asked_for_in_turn() {
        let ids = Ids { errors: vec!["a".to_owned(), "b".to_owned()], events: Vec::new() };
        let questions = all(&ids);
        let events = questions.iter().find(|question| question.name == "events of an error");
        let paths: Vec<String> = (0..3).map(|number| events.unwrap().path(number)).collect();
        assert_eq!(paths, ["/api/errors/a/events", "/api/errors/b/events", "/api/errors/a/events"]);
    }
}
