//! The local workers: one `arena worker` process per device, watched over, with the registered
//! local models in it.
//!
//! ```text
//! models in the database ─▶ follow ─▶ Workers::reconcile ─▶ copies (who shares weights) ─▶ placement (which device)
//!                                            │
//!                                            └─▶ worker supervisor (a task per device) ─▶ process, control, load plan
//!                                                                        │
//! requests ─▶ Workers::enter ─▶ turns (who waits, who answers, by the rule in domain) ─┘
//! ```
//! Where a device's models do not fit into its memory together, they take turns in it.
//! A fault on a device kills a worker and not the site: its supervisor starts it again, with pauses
//! that grow, and loads its models again.

mod capacity;
mod control;
mod copies;
mod follow;
mod load_plan;
mod output;
mod placement;
mod process;
mod turns;
mod view;
mod worker_supervisor;
mod workers;

pub use capacity::{Capacity, find_devices};
pub use placement::{DeviceSlot, PlacementError, place};
pub use turns::Lease;
pub use view::{LoadState, LocalModel, ModelView, Snapshot, WorkerState, WorkerView};
pub use workers::{Workers, WorkersOptions};
