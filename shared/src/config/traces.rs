//! Where spans are sent, by the variables that OpenTelemetry names. Without an endpoint nothing is traced.

use std::path::PathBuf;

use http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use super::engines::ca_file;
use super::{Secret, Settings};
use crate::channels::parse_url;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

/// What OTLP over HTTP appends to the endpoint of all signals.
const TRACES_PATH: &str = "v1/traces";

/// Collectors ask for a token and perhaps a tenant; they travel with every export.
const MAX_HEADERS: usize = 16;

/// It goes along with every export.
const MAX_SERVICE_NAME: usize = 255;

/// Sampling is decided in millionths.
const WHOLE: u32 = 1_000_000;

/// The share of traces that are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleRatio {
    millionths: u32,
}

impl SampleRatio {
    /// As a number from 0 to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.millionths) / f64::from(WHOLE)
    }

    fn read(settings: &Settings<'_>) -> Self {
        let all = Self { millionths: WHOLE };
        let Some(text) = settings.text(SAMPLER_ARG) else { return all };
        let ratio = text.parse::<f64>().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        let Some(ratio) = ratio else {
            settings.problem(SAMPLER_ARG, Some(&text), "a number from 0 to 1");
            return all;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the ratio lies between 0 and 1"
        )]
        let millionths = (ratio * f64::from(WHOLE)).round() as u32;
        Self { millionths }
    }
}

/// An installation's collector, and what it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracesConfig {
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` with its path. It may
    /// hold a password.
    pub endpoint: Secret,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: what the collector wants to know the sender by.
    pub headers: Vec<(String, Secret)>,
    /// `TLS_CA_FILE`: authorities besides those of the system, as for all services outside.
    pub ca_file: Option<PathBuf>,
    /// `OTEL_SERVICE_NAME`; else the service's own.
    pub service_name: Option<String>,
    /// `OTEL_TRACES_SAMPLER_ARG`.
    pub ratio: SampleRatio,
}

impl TracesConfig {
    /// Reads the settings. Without an endpoint the others are those of somebody else, who may mean other things
    /// by them: many programs read variables of these names.
    pub(super) fn read(settings: &Settings<'_>) -> Option<Self> {
        let endpoint = Secret::new(endpoint(settings)?);
        Some(Self {
            endpoint,
            headers: headers(settings),
            ca_file: ca_file(settings),
            service_name: service_name(settings),
            ratio: SampleRatio::read(settings),
        })
    }
}

fn endpoint(settings: &Settings<'_>) -> Option<Url> {
    let read = |name: &str| {
        let text = settings.text(name)?;
        let url = parse_url(&text).ok();
        if url.is_none() {
            settings.problem(name, None, "an http:// or https:// URL");
        }
        url
    };
    let (exact, base) = (read(TRACES_ENDPOINT), read(ENDPOINT));
    exact.or_else(|| {
        let mut base = base?;
        let path = format!("{}/{TRACES_PATH}", base.path().trim_end_matches('/'));
        base.set_path(&path);
        Some(base)
    })
}

/// Pairs like `key=value` between commas, the values percent-encoded.
fn headers(settings: &Settings<'_>) -> Vec<(String, Secret)> {
    let pairs = settings.list(HEADERS);
    let read: Option<Vec<_>> = pairs.iter().map(|pair| header(pair)).collect();
    match read {
        Some(read) if read.len() <= MAX_HEADERS => read,
        _ => {
            let allowed = format!("at most {MAX_HEADERS} headers like key=value between commas");
            settings.problem(HEADERS, None, &allowed);
            Vec::new()
        }
    }
}

fn header(pair: &str) -> Option<(String, Secret)> {
    let (name, value) = pair.split_once('=')?;
    let name = HeaderName::try_from(name.trim()).ok()?;
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    HeaderValue::try_from(value.as_ref()).ok()?;
    Some((name.as_str().to_owned(), Secret::new(value)))
}

fn service_name(settings: &Settings<'_>) -> Option<String> {
    let name = settings.text(SERVICE_NAME)?;
    if name.len() > MAX_SERVICE_NAME {
        let allowed = format!("at most {MAX_SERVICE_NAME} bytes");
        settings.problem(SERVICE_NAME, None, &allowed);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<TracesConfig>, Vec<String>> {
        let lookup = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::new(&lookup);
        let config = TracesConfig::read(&settings);
        settings.finish(config).map_err(|error| error.0)
    }

    #[track_caller]
    fn check_endpoint(pairs: &[(&str, &str)], expected: Option<&str>) {
        let config = read(pairs).unwrap();
        assert_eq!(config.as_ref().map(|config| config.endpoint.expose()), expected);
    }

    #[test]
    fn nothing_is_traced_without_an_endpoint() {
        check_endpoint(&[], None);
        let foreign = "http://agent:14268/sampling";
        check_endpoint(&[(SAMPLER_ARG, foreign), (SERVICE_NAME, "x"), (HEADERS, "a")], None);
    }

    #[test]
    fn the_endpoint_of_traces_is_exact_and_the_common_one_has_a_path_appended() {
        check_endpoint(&[(ENDPOINT, "http://c:4318")], Some("http://c:4318/v1/traces"));
        check_endpoint(&[(ENDPOINT, "http://c:4318/otlp/")], Some("http://c:4318/otlp/v1/traces"));
        let both = [(ENDPOINT, "http://c:4318"), (TRACES_ENDPOINT, "https://t/here")];
        check_endpoint(&both, Some("https://t/here"));
    }

    #[test]
    fn headers_are_decoded_and_kept_out_of_debugging_output() {
        let pairs =
            [(ENDPOINT, "http://c"), (HEADERS, "Authorization=Bearer%20marked%3D, tenant=7")];
        let config = read(&pairs).unwrap().unwrap();
        assert!(!format!("{config:?}").contains("marked"));
        let headers = config.headers.iter().map(|(name, value)| (name.as_str(), value.expose()));
        let expected = [("authorization", "Bearer marked="), ("tenant", "7")];
        assert_eq!(headers.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ratios_lie_between_nothing_and_all() {
        let ratio = |text| {
            let config = read(&[(ENDPOINT, "http://c"), (SAMPLER_ARG, text)]).unwrap().unwrap();
            config.ratio.millionths
        };
        assert_eq!(["", "0", "1", "0.25", "1e-6"].map(ratio), [WHOLE, 0, WHOLE, 250_000, 1]);
    }

    #[test]
    fn what_is_wrong_is_told_without_secrets() {
        let many = vec!["a=b"; MAX_HEADERS + 1].join(",");
        let long = "n".repeat(MAX_SERVICE_NAME + 1);
        for (name, text, allowed) in [
            (ENDPOINT, "collector:4318", "an http:// or https:// URL"),
            (TRACES_ENDPOINT, "ftp://u:marked@c", "an http:// or https:// URL"),
            (HEADERS, "marked", "at most 16 headers like key=value between commas"),
            (HEADERS, "a=%0Amarked", "at most 16 headers like key=value between commas"),
            (HEADERS, many.as_str(), "at most 16 headers like key=value between commas"),
            (SERVICE_NAME, long.as_str(), "at most 255 bytes"),
        ] {
            let endpoint = (TRACES_ENDPOINT, "http://c");
            let given = if name == TRACES_ENDPOINT {
                vec![(name, text)]
            } else {
                vec![endpoint, (name, text)]
            };
            assert_eq!(read(&given), Err(vec![format!("{name} must be {allowed}")]));
        }
        for ratio in ["1.1", "-0.1", "NaN", "all"] {
            let expected =
                format!("{SAMPLER_ARG} holds {ratio:?} and must be a number from 0 to 1");
            let given = [(ENDPOINT, "http://c"), (SAMPLER_ARG, ratio)];
            assert_eq!(read(&given), Err(vec![expected]));
        }
    }
}
