//! Messages really go out: to servers on loopback that take them, refuse them and misbehave.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod authority;
mod email;
mod foreign;
mod http;

use std::time::Duration;

use shared::channels::{Channel, Delivery, Message, Receipt, SendError, Sender, Severity};
use shared::config::{ChannelsConfig, Secret};
use uuid::Uuid;

/// A sender that may reach loopback.
fn nearby() -> Sender {
    sender(true, None)
}

fn sender(allow_private: bool, ca_file: Option<&std::path::Path>) -> Sender {
    let secret_key = Secret::new("k".repeat(32));
    let ca_file = ca_file.map(std::path::Path::to_owned);
    Sender::new(&ChannelsConfig { secret_key, allow_private, ca_file }).unwrap()
}

fn delivery() -> Delivery {
    let mut message = Message::new("test", "It broke", "Twice, and then <once> more.\n.\n..dots");
    message.severity = Some(Severity::High);
    message.link = Some("https://errors.example/errors/1".to_owned());
    message.fields = vec![("Project".to_owned(), "Shop & Co".to_owned())];
    Delivery { id: Uuid::from_u128(7), message }
}

/// Sends with time for what is meant to answer, and none to spare for what is not.
async fn send(sender: &Sender, channel: &Channel) -> Result<Receipt, SendError> {
    sender.send_within(Duration::from_secs(5), channel, &delivery()).await
}
