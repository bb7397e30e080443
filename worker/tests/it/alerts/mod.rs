//! What alert rules tell.

mod deliver;
mod scene;
