//! What the command tells a person on standard output.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use deploy::stack::{Address, PartStatus};

/// The key that exists in development only.
const KEY: &str = "test-api-key";

/// Where the system is and how to try it.
pub(crate) fn address(address: &Address) -> anyhow::Result<()> {
    let Address { base_url, dsn, logs } = address;
    let text = format!(
        "\n\
         Base URL   {base_url}\n\
         API key    {KEY}\n\
         DSN        {dsn}\n\
         Logs       {logs}\n\
         \n\
         Report an error:\n\
         \n  \
         curl -X POST {base_url}/api/errors -H 'X-API-Key: {KEY}' \\\n    \
         -H 'Content-Type: application/json' \\\n    \
         -d '{{\"message\": \"Hello from curl\", \"source\": \"backend\"}}'\n\
         \n"
    );
    out(&text)
}

/// One line for each part; the exit code says whether all of them are healthy.
pub(crate) fn status(parts: &[PartStatus]) -> anyhow::Result<ExitCode> {
    for part in parts {
        let health = if part.healthy { "healthy" } else { "down" };
        let pid = part.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        out(&format!("{:<12} {health:<8} port {:<6} pid {pid}\n", part.name, part.port))?;
    }
    let all = parts.iter().all(|part| part.healthy);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks; anything but a yes is a no.
pub(crate) fn confirmed(question: &str) -> anyhow::Result<bool> {
    out(question)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("cannot print")
}
