//! Messages that change no booking: forms, absences of hosts, recordings, operations, the test button.

mod forms;
mod operations;
mod out_of_office;
mod video;

pub use forms::Answer;
pub use operations::Rotation;
pub use out_of_office::OutOfOffice;
