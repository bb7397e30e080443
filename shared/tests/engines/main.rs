//! What shows only with a real engine behind it.

mod postgres;
