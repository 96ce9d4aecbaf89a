//! What runs invocations: limits, instances, placement.
//!
//! * [`Function`]: a handler under a name, with its settings; what frontends invoke
//! * `limit`: how many run at once, how many wait, who is refused
//! * `in_process`: runs in this process; `pool`: its idle instances; `in_flight`: a run that may be
//!   abandoned by its caller
//! * [`Solo`]: one invocation at a time, on the calling thread, without a runtime
//! * [`Mock`]: answers in the place of a function, without running its handler
//! * `placement`: where a run executes; [`Watchdog`]: notices when that was a mistake

mod counted;
mod deadline;
mod function;
mod in_flight;
mod in_process;
mod limit;
mod mock;
mod placement;
mod pool;
mod response;
mod served;
mod solo;
mod watchdog;

pub use function::{Function, FunctionPlan};
pub use mock::{MAX_ANSWER, Mock, MockAnswer, MockError, UnknownError};
pub use placement::Policy;
pub use served::{Engine, Served};
pub use solo::{Solo, block_on, next_chunk};
pub use watchdog::{CELL_WORKERS, Watchdog};
