//! Statistics, analytics and monitoring.

use super::row::Kind::{List, Number, Object, OneOf, OrNull, Text, Time, Whole};
use super::row::Row;

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row::new("GET", "/api/stats", 200).has(
            "/data",
            &[
                ("total_errors", Whole),
                ("resolved_errors", Whole),
                ("errors_today", Whole),
                ("errors_this_week", Whole),
                ("errors_this_month", Whole),
                ("error_rate_24h", Number),
                ("resolution_rate", Number),
                ("avg_resolution_time", OrNull(&Text)),
            ],
        ),
        Row::new("GET", "/api/analytics/trends", 200)
            .at("/api/analytics/trends?period=month&group_by=week")
            .has("/data", &[("period", OneOf(&["month"])), ("data_points", List)])
            .has(
                "/data/data_points",
                &[
                    ("timestamp", Time),
                    ("error_count", Whole),
                    ("resolved_count", Whole),
                    ("critical_count", Whole),
                ],
            )
            .fails_at("/api/analytics/trends?period=decade", 400, "VALIDATION_ERROR")
            .fails_at("/api/analytics/trends?group_by=minute", 400, "VALIDATION_ERROR"),
        Row::new("GET", "/api/analytics/performance", 200).has(
            "/data",
            &[
                ("avg_response_time", Number),
                ("error_rate_percent", Number),
                ("throughput_rpm", Number),
                ("availability_percent", Number),
                ("performance_score", Number),
            ],
        ),
        services(),
        Row::new("GET", "/api/monitoring/metrics", 200)
            .at("/api/monitoring/metrics?timeframe=24h")
            .has(
                "/data",
                &[
                    ("cpu_usage_percent", OrNull(&Number)),
                    ("memory_usage_percent", OrNull(&Number)),
                    ("disk_usage_percent", OrNull(&Number)),
                    ("network_io", Object),
                    ("active_connections", Whole),
                    ("requests_per_minute", Number),
                ],
            )
            .has("/data/network_io", &[("bytes_in", Whole), ("bytes_out", Whole)])
            .fails_at("/api/monitoring/metrics?timeframe=2h", 400, "VALIDATION_ERROR"),
        Row::new("GET", "/api/monitoring/uptime", 200).has(
            "/data",
            &[
                ("current_uptime_hours", Number),
                ("uptime_percent_24h", Number),
                ("uptime_percent_7d", Number),
                ("uptime_percent_30d", Number),
                ("incidents_count", Whole),
                ("last_downtime", OrNull(&Time)),
            ],
        ),
    ]
}

fn services() -> Row {
    const STATES: &[&str] = &["healthy", "unhealthy", "unknown"];
    Row::new("GET", "/api/monitoring/services", 200)
        .has("/data", &[("services", List), ("overall_health", OneOf(STATES))])
        .has(
            "/data/services",
            &[
                ("name", Text),
                ("status", OneOf(STATES)),
                ("uptime_percent", Number),
                ("response_time_ms", Number),
                ("last_checked", OrNull(&Time)),
                ("details", Object),
            ],
        )
        .has("/data/services/0/details", &[("connections", Whole), ("max_connections", Whole)])
}
