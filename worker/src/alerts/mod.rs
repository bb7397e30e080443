//! Alert rules: evaluated over what was stored, and what they tell, delivered.

pub mod evaluate;
pub mod notice;
