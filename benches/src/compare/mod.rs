//! Errata and Bugsink under the same load, one after the other on the same machine.
//!
//! - [`bodies`]: what is sent, made before anything is measured.
//! - [`client`]: who sends it, on some connections, each as fast as it is answered.
//! - [`bugsink`], [`errata`]: the two, from their start to their end.
//! - [`turn`]: one of them under one load.
//! - [`figures`]: what the two are compared by.
//! - [`page`], [`chart`]: what is told about it.
//!
//! Settings of Bugsink that differ from those it comes with stand in `bugsink/settings.py`.

pub mod bodies;
pub mod bugsink;
pub mod chart;
pub mod client;
pub mod errata;
pub mod figures;
pub mod page;
pub mod turn;

use std::path::Path;

use crate::system::usage::Members;
use bugsink::Bugsink;
use client::Door;
use errata::Errata;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The other one.
    Bugsink,
    /// Ours.
    Errata,
}

impl Product {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bugsink => "Bugsink",
            Self::Errata => "Errata",
        }
    }
}

/// One of them, running, with an empty project.
#[derive(Debug)]
pub enum Running {
    /// The other one.
    Bugsink(Bugsink),
    /// Ours.
    Errata(Errata),
}

impl Running {
    /// Sets it up in folders of its own and starts it; `tools` holds Bugsink's programs.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start(product: Product, tools: &Path) -> anyhow::Result<Self> {
        Ok(match product {
            Product::Bugsink => Self::Bugsink(Bugsink::start(tools).await?),
            Product::Errata => Self::Errata(Errata::start().await?),
        })
    }

    /// Where its project takes envelopes.
    #[must_use]
    pub fn door(&self) -> &Door {
        match self {
            Self::Bugsink(bugsink) => &bugsink.door,
            Self::Errata(errata) => &errata.door,
        }
    }

    /// The processes that all of it is made of.
    #[must_use]
    pub fn members(&self) -> Members {
        Members::Families(match self {
            Self::Bugsink(bugsink) => bugsink.pids(),
            Self::Errata(errata) => errata.pids(),
        })
    }

    /// Events that its database holds.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub async fn stored(&mut self) -> anyhow::Result<u64> {
        match self {
            Self::Bugsink(bugsink) => bugsink.stored().await,
            Self::Errata(errata) => errata.stored().await,
        }
    }

    /// Ends it; the bytes that its database has grown by since it was empty come back.
    ///
    /// # Errors
    /// When the database can't be measured.
    pub async fn stop(self) -> anyhow::Result<u64> {
        match self {
            Self::Bugsink(bugsink) => bugsink.stop().await,
            Self::Errata(errata) => errata.stop().await,
        }
    }
}
