//! What the services say about themselves, read from their `/metrics`.

use anyhow::Context as _;
use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// A page of metrics has some tens of kilobytes.
const MAX_PAGE_BYTES: usize = 4 << 20;

/// One reading of a service's metrics.
#[derive(Debug, Clone, Default)]
pub struct Metrics(String);

impl Metrics {
    /// Asks a service.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn read(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = format!("{url}/metrics").parse().context("not an address")?;
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let response = client.get(uri).await.context("cannot ask for metrics")?;
        let body = Limited::new(response.into_body(), MAX_PAGE_BYTES).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!(error)).context("cannot read metrics")?;
        Ok(Self(String::from_utf8_lossy(&body.to_bytes()).into_owned()))
    }

    /// The sum over all labels of one metric.
    #[must_use]
    pub fn sum(&self, name: &str) -> f64 {
        let values = self.0.lines().filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let series = series.split('{').next()?;
            (series == name).then(|| value.parse::<f64>().ok())?
        });
        values.sum()
    }

    /// The mean of a histogram's observations since an earlier reading.
    #[must_use]
    pub fn mean_since(&self, earlier: &Self, histogram: &str) -> f64 {
        let grown = |suffix: &str| {
            let name = format!("{histogram}_{suffix}");
            self.sum(&name) - earlier.sum(&name)
        };
        let count = grown("count");
        if count > 0.0 { grown("sum") / count } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_summed() {
        let metrics = Metrics(
            "# TYPE a counter\na_total{x=\"1 2\"} 3\na_total{x=\"2\"} 4\na_totals 9\nb 1.5\n"
                .into(),
        );
        assert!((metrics.sum("a_total") - 7.0).abs() < 1e-9);
        assert!((metrics.sum("b") - 1.5).abs() < 1e-9);
        assert!(metrics.sum("c").abs() < 1e-9);
    }

    #[test]
    fn a_mean_covers_what_came_since() {
        let earlier = Metrics("h_sum 10\nh_count 2\n".into());
        let later = Metrics("h_sum 16\nh_count 4\n".into());
        assert!((later.mean_since(&earlier, "h") - 3.0).abs() < 1e-9);
        assert!(later.mean_since(&later, "h").abs() < 1e-9);
    }
}
