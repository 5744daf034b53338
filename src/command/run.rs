use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::time::Instant;

use super::print::{not_printed, print};
use crate::cli::{Executor, Format, Place, Run};
use crate::event::Event;
use crate::failure::{Exit, Failure, color};
use crate::manifest::needs::show_size;
use crate::plan::{Machine, Outlook, foresee};
use crate::run::{Anew, Freshness, Options, Project, Session, Witness, execute, refuse_unless_traceable};
use crate::store::Access;
use crate::ui::{Fancy, Json, Plain, Watcher, show_seconds};

/// Returns whether the last run of all stages had nothing left to do, and nothing changed since: then that is told.
pub(super) fn repeats(place: &Place, arguments: &Run) -> bool {
    let begin = Instant::now();
    let plain = arguments.targets.is_empty()
        && arguments.executor == Executor::Local
        && arguments.message_format == Format::Human
        && arguments.cache == Access::Rw
        && !(arguments.dry_run || arguments.always_make || arguments.audit);
    let witness = if plain { Witness::find(&place.manifest(), &place.choice()) } else { None };
    let Some(witness) = witness.filter(|witness| witness.had(&machine(arguments.jobs)) && witness.renew())
    else {
        return false;
    };
    say!("executed 0, hit {} in {}", witness.units(), show_seconds(begin.elapsed().as_secs_f64()));
    true
}

/// Runs what is not fresh, or tells what would run.
pub(super) fn run(project: &Project, arguments: &Run) -> Result<Option<Exit>, Failure> {
    if arguments.executor == Executor::Slurm {
        return Err(Failure::usage("error: this build starts stages on this machine only: --executor local"));
    }
    if arguments.audit {
        refuse_unless_traceable()?;
    }
    let machine = machine(arguments.jobs);
    let mut session = if arguments.dry_run {
        Session::look(project, &arguments.targets)?
    } else {
        Session::open(project, &arguments.targets, arguments.cache, arguments.always_make)?
    };
    for warning in &session.plan.warnings {
        say!("{}", warning.render(&project.pipeline.texts, color()));
    }
    let outlooks = foresee(&project.pipeline, &session.plan, &machine)?;
    if arguments.dry_run {
        return dry_run(&session, &outlooks, arguments).map(|()| None);
    }
    let options = Options {
        keep_going: arguments.keep_going,
        anew: if arguments.always_make { Anew::Everything } else { Anew::Nothing },
        access: arguments.cache,
        whole: arguments.targets.is_empty(),
        audit: arguments.audit,
    };
    let mut json = Json::default();
    let (mut fancy, mut plain) = (Fancy::default(), Plain);
    let watcher: &mut dyn Watcher = match arguments.message_format {
        Format::Json => &mut json,
        Format::Human if color() && std::io::stderr().is_terminal() => &mut fancy,
        Format::Human => &mut plain,
    };
    let ended = execute(&mut session, &outlooks, &machine, options, watcher)?;
    if let Err(failure) = json.end().map_err(not_printed) {
        if ended.is_none() {
            return Err(failure);
        }
        // How the stages ended says more.
        say!("{failure}");
    }
    Ok(ended)
}

/// More processor tokens than these are no more help: each that is taken needs a thread that waits.
const MOST_JOBS: usize = 1024;

/// Returns what this machine has to give, with `jobs` processor tokens.
pub(super) fn machine(jobs: Option<NonZeroUsize>) -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").unwrap_or_default();
    Machine {
        cpus: jobs.map_or(cores, NonZeroUsize::get).min(MOST_JOBS),
        memory: memory(),
        gpus: visible.split(',').map(str::trim).filter(|gpu| !gpu.is_empty()).map(str::to_owned).collect(),
    }
}

/// Returns the memory of the machine or of the control group that this process lies in, in bytes.
fn memory() -> u64 {
    let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
    let info = read("/proc/meminfo");
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let total = total.and_then(|kib| kib.trim().parse::<u64>().ok()).map(|kib| kib * 1024);
    let group = read("/sys/fs/cgroup/memory.max").trim().parse::<u64>().ok();
    let older = read("/sys/fs/cgroup/memory/memory.limit_in_bytes").trim().parse::<u64>().ok();
    [total, group, older].into_iter().flatten().min().unwrap_or(u64::MAX)
}

fn dry_run(session: &Session<'_>, outlooks: &[Outlook], arguments: &Run) -> Result<(), Failure> {
    let mut text = String::new();
    let mut seconds = 0.0;
    let mut unknown = false;
    let mut largest: Option<usize> = None;
    let mut counts = [0_usize; 3];
    let mut may_run: BTreeSet<usize> = BTreeSet::new();
    for &position in &session.plan.order {
        let (unit, standing) = (&session.plan.units[position], &session.standings[position]);
        let (plan, count) = match standing.freshness {
            Freshness::Fresh if !arguments.always_make => ("hit", 0),
            Freshness::Waiting if !arguments.always_make => ("may-run", 1),
            _ => ("run", 2),
        };
        counts[count] += 1;
        if count > 0 {
            may_run.insert(position);
            match outlooks[position].seconds {
                Some(known) => seconds += known,
                None => unknown = true,
            }
            let memory = |unit: usize| outlooks[unit].memory;
            if memory(position) > largest.map_or(0, memory) {
                largest = Some(position);
            }
        }
        let cause = standing.cause(&session.plan);
        if arguments.message_format == Format::Json {
            let event = Event::StagePlanned {
                id: unit.id.clone(),
                key: standing.key.map(|key| key.0),
                plan: plan.to_owned(),
                cause,
            };
            text.push_str(&serde_json::to_string(&event).expect("an event is JSON"));
            text.push('\n');
        } else if count > 0 {
            text.push_str(&format!("{plan:<7}  '{}'  {cause}\n", unit.id));
        }
    }
    print(&text)?;
    let [hit, may, run] = counts;
    let at_least = if unknown { "at least " } else { "" };
    let time =
        if seconds > 0.0 { format!("; {at_least}{} of work", show_seconds(seconds)) } else { String::new() };
    let memory = largest.map_or(String::new(), |unit| {
        let needed = show_size(outlooks[unit].memory);
        format!("; up to {needed} of memory, for '{}'", session.plan.units[unit].id)
    });
    say!("would run {run}, may run {may}, hit {hit}{time}{memory}");
    Ok(())
}
