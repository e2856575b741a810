//! Days, offers and absences: the rules as tables and properties, the calls over a real socket.

mod absences;
mod days;
mod offers;
mod shapes;
