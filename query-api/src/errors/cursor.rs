//! Where a page of a list ended, in a form that clients hand back unread.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::ids::ProjectId;

use super::filter::{Order, Sort};

/// The last row of a page of errors. Rows that move while pages are read are not shown twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Cursor {
    /// Microseconds for times, else the number itself.
    pub(crate) key: i64,
    pub(crate) project: ProjectId,
    pub(crate) error_id: i64,
}

const BYTES: usize = 21;

impl Cursor {
    /// The text for a list in this order.
    pub(crate) fn to_text(self, sort: Sort, order: Order) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(tag(sort, order));
        bytes.extend(self.key.to_be_bytes());
        bytes.extend(self.project.0.to_be_bytes());
        bytes.extend(self.error_id.to_be_bytes());
        hex::encode(bytes)
    }

    /// Reads the text, if it belongs to a list in this order.
    pub(crate) fn parse(text: &str, sort: Sort, order: Order) -> Option<Self> {
        let mut bytes = [0_u8; BYTES];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let (tagged, rest) = bytes.split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (project, rest) = rest.split_first_chunk()?;
        let (error_id, _) = rest.split_first_chunk()?;
        let cursor = Self {
            key: i64::from_be_bytes(*key),
            project: ProjectId(i32::from_be_bytes(*project)),
            error_id: i64::from_be_bytes(*error_id),
        };
        let sound = *tagged == tag(sort, order)
            && (matches!(sort, Sort::Count | Sort::Users) || cursor.time().is_some());
        sound.then_some(cursor)
    }

    /// The key as a time, within what Postgres can hold.
    pub(crate) fn time(self) -> Option<DateTime<Utc>> {
        const LAST: i64 = 253_402_300_799_999_999; // the end of the year 9999
        (0..=LAST).contains(&self.key).then(|| DateTime::from_timestamp_micros(self.key))?
    }
}

fn tag(sort: Sort, order: Order) -> u8 {
    let sort = match sort {
        Sort::LastSeen => 0,
        Sort::FirstSeen => 2,
        Sort::Count => 4,
        Sort::Users => 6,
    };
    sort + u8::from(order == Order::Asc)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURSOR: Cursor =
        Cursor { key: 1_756_468_800_000_001, project: ProjectId(7), error_id: 9 };

    #[test]
    fn a_cursor_reads_back_for_its_own_order_only() {
        let text = CURSOR.to_text(Sort::LastSeen, Order::Desc);
        assert_eq!(Cursor::parse(&text, Sort::LastSeen, Order::Desc), Some(CURSOR));
        assert_eq!(Cursor::parse(&text, Sort::LastSeen, Order::Asc), None);
        assert_eq!(Cursor::parse(&text, Sort::Count, Order::Desc), None);
    }

    #[test]
    fn foreign_texts_are_refused() {
        let future = Cursor { key: i64::MAX, ..CURSOR }.to_text(Sort::LastSeen, Order::Desc);
        for text in ["", "zz", "00", &"0".repeat(44), "é", &future] {
            assert_eq!(Cursor::parse(text, Sort::LastSeen, Order::Desc), None, "{text}");
        }
    }
}
