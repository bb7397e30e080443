//! Puts a mail together: subject, plain text and HTML.

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message as Mail};

use super::super::error::SendError;
use super::super::message::{Delivery, Item, Listing, Message, shortened};
use super::Email;

const MAX_SUBJECT: usize = 200;
const MAX_TEXT: usize = 100_000;

/// Who is shown as the sender.
const SENDER: &str = "Errata";

/// The mail to all recipients.
pub(super) fn mail(email: &Email, delivery: &Delivery) -> Result<Mail, SendError> {
    if email.recipients.is_empty() {
        return Err(SendError::NoRecipients);
    }
    let from = address(&email.from_email)?;
    // The same id whenever it is sent again, by which mail programs know a copy.
    let id = format!("<{}@{}>", delivery.id, from.domain());
    let mut builder = Mail::builder()
        .from(Mailbox::new(Some(SENDER.to_owned()), from))
        .subject(delivery.message.headline(MAX_SUBJECT))
        .message_id(Some(id))
        // Mail programs do not answer such mail by themselves.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for recipient in &email.recipients {
        builder = builder.to(Mailbox::new(None, address(recipient)?));
    }
    let (text, html) = (text(&delivery.message), html(&delivery.message));
    builder
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(|error| SendError::Compose(error.into()))
}

fn address(text: &str) -> Result<Address, SendError> {
    let bad = || SendError::BadAddress(shortened(text, 254));
    // What is not ASCII needs an extension that few servers have.
    text.parse().ok().filter(|_| text.is_ascii()).ok_or_else(bad)
}

fn text(message: &Message) -> String {
    let mut parts = vec![shortened(message.text.trim(), MAX_TEXT)];
    if !message.fields.is_empty() {
        let lines = message.fields.iter().map(|(name, value)| format!("{name}: {value}"));
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    parts.extend(message.listings.iter().map(listing));
    parts.extend(message.link.clone());
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

fn listing(listing: &Listing) -> String {
    let lines = listing.items.iter().map(|Item { title, detail, link }| {
        let detail = detail.as_deref().map_or_else(String::new, |detail| format!(", {detail}"));
        let link = link.as_deref().map_or_else(String::new, |link| format!("\n  {link}"));
        format!("\n- {title}{detail}{link}")
    });
    format!("{}:{}", listing.heading, lines.collect::<String>())
}

fn html(message: &Message) -> String {
    let text = shortened(message.text.trim(), MAX_TEXT);
    let text = format!("<p>{}</p>", escape(&text).replace('\n', "<br>\n"));
    let rows: String = message
        .fields
        .iter()
        .map(|(name, value)| {
            format!("<tr><th align=\"left\">{}</th><td>{}</td></tr>\n", escape(name), escape(value))
        })
        .collect();
    let facts = if rows.is_empty() { rows } else { format!("<table>\n{rows}</table>\n") };
    let link = message.link.as_deref().map_or_else(String::new, |link| {
        let link = escape(link);
        format!("<p><a href=\"{link}\">{link}</a></p>\n")
    });
    let listings: String = message.listings.iter().map(html_listing).collect();
    format!(
        "<!doctype html>\n<html><body>\n<h2>{}</h2>\n{text}\n{facts}{listings}{link}</body></html>\n",
        escape(&message.headline(MAX_SUBJECT))
    )
}

fn html_listing(listing: &Listing) -> String {
    let lines = listing.items.iter().map(|Item { title, detail, link }| {
        let title = escape(title);
        let title = match link {
            Some(link) => format!("<a href=\"{}\">{title}</a>", escape(link)),
            None => title,
        };
        let detail = detail.as_deref().map_or_else(String::new, |detail| format!(", {detail}"));
        format!("<li>{title}{}</li>\n", escape(&detail))
    });
    let lines: String = lines.collect();
    format!("<h3>{}</h3>\n<ul>\n{lines}</ul>\n", escape(&listing.heading))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn email(recipients: &[&str]) -> Email {
        Email {
            smtp_server: "mail.example".to_owned(),
            from_email: "alerts@example.com".to_owned(),
            recipients: recipients.iter().map(|text| (*text).to_owned()).collect(),
            username: None,
            password: None,
        }
    }

    fn compose(message: Message) -> String {
        let delivery = Delivery { id: Uuid::from_u128(7), message };
        let mail = mail(&email(&["ann@example.com", "bob@example.com"]), &delivery).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    }

    /// The names of the headers before the body.
    fn headers(mail: &str) -> Vec<&str> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let lines = head.lines().filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split_once(':').unwrap().0).collect()
    }

    #[test]
    fn a_mail_has_both_forms_and_tells_its_delivery() {
        let mut message = Message::new("test", "It broke", "Twice.");
        message.fields = vec![("Project".to_owned(), "<Shop>".to_owned())];
        message.link = Some("https://errors.example/?a=1&b=\"".to_owned());
        message.listings = vec![Listing {
            heading: "Top errors".to_owned(),
            items: vec![Item {
                title: "a<b".to_owned(),
                detail: Some("3 events".to_owned()),
                link: Some("https://errors.example/1".to_owned()),
            }],
        }];
        let written = html(&message);
        assert!(
            written.contains("<li><a href=\"https://errors.example/1\">a&lt;b</a>, 3 events</li>")
        );
        assert!(written.contains("<a href=\"https://errors.example/?a=1&amp;b=&quot;\">"));
        let mail = compose(message);
        assert!(mail.contains("Subject: It broke\r\n"), "{mail}");
        assert!(mail.contains("To: ann@example.com, bob@example.com\r\n"));
        assert!(mail.contains("Message-ID: <00000000-0000-0000-0000-000000000007@example.com>"));
        assert!(mail.contains("Twice.\r\n\r\nProject: <Shop>\r\n\r\nTop errors:"));
        assert!(mail.contains("\r\n- a<b, 3 events\r\n  https://errors.example/1\r\n\r\nhttps://"));
        assert!(mail.contains("<td>&lt;Shop&gt;</td>"));
    }

    #[test]
    fn nobody_and_nonsense_get_no_mail() {
        let delivery = Delivery { id: Uuid::nil(), message: Message::new("test", "a", "b") };
        assert!(matches!(mail(&email(&[]), &delivery), Err(SendError::NoRecipients)));
        for bad in ["", "ann", "änn@example.com", "ann@example.com\r\nBcc: x@y.example"] {
            let outcome = mail(&email(&[bad]), &delivery);
            assert!(matches!(outcome, Err(SendError::BadAddress(_))), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_adds_a_header(title in "(\\PC|[\r\n:])*", text in "(\\PC|[\r\n])*") {
            let mail = compose(Message::new("test", title, text));
            // So it needs no extension of the mail server.
            prop_assert!(mail.is_ascii());
            let expected = ["From", "Subject", "Message-ID", "Auto-Submitted", "To", "MIME-Version",
                "Content-Type", "Date"];
            let mut found = headers(&mail);
            let mut expected = expected.to_vec();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
