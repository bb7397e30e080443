//! The domain of Errata, and the access to Postgres, RabbitMQ and Redis that several services use.
//!
//! What only one service needs lives in that service, not here.

pub mod access;
pub mod alerts;
pub mod api;
pub mod audit;
pub mod batch;
pub mod broker;
pub mod channels;
pub mod checks;
pub mod config;
pub mod connection;
pub mod cors;
pub mod event;
pub mod fingerprint;
pub mod generations;
pub mod ids;
pub mod integrations;
pub mod ledger;
pub mod lifecycle;
pub mod live;
pub mod ops;
pub mod payload;
pub mod postgres;
pub mod project_lock;
pub mod rate_limit;
pub mod redis;
pub mod revisions;
pub mod routes;
pub mod sanitise;
pub mod secrets;
pub mod stacktrace;
pub mod telemetry;
pub mod time;
pub mod tls;
pub mod vitals;
