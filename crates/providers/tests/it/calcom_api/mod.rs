//! The client of Cal.com's API: recorded answers in, what they say out.

mod drifts;
mod every;
mod official;
mod profiles;
mod recorded;
mod refusals;
mod requests;
mod robustness;
mod samples;
