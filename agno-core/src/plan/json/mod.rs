//! A plan as JSON, with a schema of its own.

mod format;

use schemars::{Schema, generate::SchemaSettings};
use serde_json::Value;

use self::format::{
    ArmJson, BoundsJson, KindJson, NodeJson, PlanJson, RunJson, StepJson, TypeJson, UseJson, WorkflowJson, WorkflowOptionsJson,
};
use super::{
    Bound, Bounds, NodeKind, Plan, StepInfo, TypeInfo, WorkflowOptions,
    outline::{Outline, PlaceId, Runs, Way},
    overlay::{NodeRun, Overlay},
    words,
};

/// The version of the format. It grows when something that was there is gone or means something else.
const VERSION: u32 = 1;

impl Plan {
    /// The plan as JSON: names, kinds, documentation, options, types with their schemas, nested plans. [`Plan::json_schema`] describes it.
    #[must_use]
    pub fn json(&self) -> Value {
        Writer { outline: &Outline::new(self), overlay: None }.write()
    }

    /// The JSON Schema of what [`Plan::json`] and [`Overlay::json`] give, for any plan. Its `version` grows when something that was there is gone
    /// or means something else; what is new does not change it.
    #[must_use]
    pub fn json_schema() -> Schema {
        // What may be left out when it is written is not required.
        SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<PlanJson>()
    }
}

impl Overlay<'_> {
    /// The plan as JSON, each node with what became of it under `run`.
    #[must_use]
    pub fn json(&self) -> Value {
        Writer { outline: &self.outline, overlay: Some(self) }.write()
    }
}

struct Writer<'w> {
    outline: &'w Outline<'w>,
    overlay: Option<&'w Overlay<'w>>,
}

impl Writer<'_> {
    fn write(&self) -> Value {
        let workflow = self.workflow(self.outline.plan, &self.outline.body);
        let Bounds { steps, attempts, concurrency, time } = self.outline.bounds();
        let time = match time {
            Bound::Finite(time) => Bound::Finite(time.as_secs_f64()),
            Bound::Unbounded(why) => Bound::Unbounded(why),
        };
        let bounds = BoundsJson { steps, attempts, concurrency, time };
        let plan = PlanJson { version: VERSION, workflow, bounds, status: self.overlay.and_then(Overlay::status) };
        serde_json::to_value(plan).expect("a plan has text, numbers and JSON only")
    }

    fn workflow(&self, plan: &Plan, body: &[PlaceId]) -> WorkflowJson {
        WorkflowJson {
            name: plan.name,
            id: plan.id,
            type_name: plan.type_name,
            description: plan.description.map(str::trim),
            input_name: plan.input_name,
            input: type_json(plan.input),
            output: type_json(plan.output),
            state: plan.state.map(type_json),
            extra: plan.extra.map(type_json),
            uses: plan.uses.iter().map(|used| UseJson { name: used.name, type_name: used.type_name }).collect(),
            options: workflow_options(&plan.options),
            nodes: self.nodes(body),
        }
    }

    fn nodes(&self, places: &[PlaceId]) -> Vec<NodeJson> {
        places.iter().map(|id| self.node(*id)).collect()
    }

    fn node(&self, id: PlaceId) -> NodeJson {
        let place = self.outline.place(id);
        let node = place.node;
        let timeout = match node.kind {
            NodeKind::Ask { timeout, .. } => timeout,
            _ => place.step_options().timeout,
        };
        NodeJson {
            path: place.path.clone(),
            name: node.name,
            label: place.label(),
            kind: self.kind(id),
            description: place.doc(),
            was: node.was,
            args: node.args,
            timeout: timeout.map(|timeout| timeout.as_secs_f64()),
            on_error: node.options.on_error,
            fallback: place.fallback.map(|fallback| Box::new(self.node(fallback))),
            run: self.overlay.map(|overlay| run_json(overlay.run(id))),
        }
    }

    fn kind(&self, id: PlaceId) -> KindJson {
        let place = self.outline.place(id);
        // The nodes of the first block: all but the other side of a condition and the arms of a router.
        let nodes = || place.blocks.first().map(|block| self.nodes(&block.places)).unwrap_or_default();
        let decision = || place.decision.map(|decision| Box::new(self.node(decision)));
        let a_decision = "what decides has a decision";
        match place.node.kind {
            NodeKind::Call => match place.runs {
                Runs::Workflow(plan) => {
                    let body = place.blocks.first().map(|block| block.places.as_slice()).unwrap_or_default();
                    KindJson::Workflow { retry: place.step_options().retry, workflow: Box::new(self.workflow(plan, body)) }
                }
                Runs::Again(plan, of) => {
                    let of = of.map(|of| self.outline.place(of).path.clone()).unwrap_or_default();
                    KindJson::Recursion { retry: place.step_options().retry, type_name: plan.type_name, of }
                }
                Runs::Step(step) => KindJson::Step { step: self.step(id, &step) },
                Runs::Itself => unreachable!("a call calls something"),
            },
            NodeKind::Decision => match place.runs {
                Runs::Step(step) => KindJson::Decision { step: Some(self.step(id, &step)) },
                _ => KindJson::Decision { step: None },
            },
            NodeKind::Map => KindJson::Map,
            NodeKind::Steps => KindJson::Steps { nodes: nodes() },
            NodeKind::Parallel { limit } => KindJson::Parallel { limit, nodes: nodes() },
            NodeKind::Each { limit } => KindJson::Each { limit, nodes: nodes() },
            NodeKind::Condition { otherwise } => KindJson::Condition {
                decision: decision().expect(a_decision),
                nodes: nodes(),
                otherwise,
                else_nodes: place.blocks.get(1).map(|block| self.nodes(&block.places)).unwrap_or_default(),
            },
            NodeKind::Loop { max, restart, on_max, until: _ } => {
                KindJson::Loop { max, restart, on_max, nodes: nodes(), decision: decision() }
            }
            NodeKind::Router { many } => {
                let arms = place.blocks.iter().filter_map(|block| match block.way {
                    Way::Arm(pattern) => Some(ArmJson { pattern, nodes: self.nodes(&block.places) }),
                    Way::Always | Way::Then | Way::Else => None,
                });
                KindJson::Router { many, decision: decision().expect(a_decision), arms: arms.collect() }
            }
            NodeKind::Ask { question, timeout: _, default } => KindJson::Ask { question, answer: place.node.value.map(type_json), default },
            NodeKind::Sleep { duration } => KindJson::Sleep { duration: duration.as_secs_f64() },
        }
    }

    fn step(&self, id: PlaceId, step: &StepInfo) -> StepJson {
        let options = self.outline.place(id).step_options();
        StepJson {
            name: step.name,
            work: step.work,
            retry: options.retry,
            backoff: options.backoff.as_secs_f64(),
            max_backoff: options.max_backoff.as_secs_f64(),
            effect: options.effect,
            history: options.history,
            params: step.params,
            input: (step.input)().into(),
            output: (step.output)().into(),
        }
    }
}

fn type_json(info: fn() -> TypeInfo) -> TypeJson {
    TypeJson { name: words::type_of(info), schema: (info().schema)().into() }
}

fn workflow_options(options: &WorkflowOptions) -> WorkflowOptionsJson {
    let WorkflowOptions { history, store_events, skip_events, durability, retry_on_conflict } = *options;
    let skip_events = skip_events.iter().map(|event| event.as_str()).collect();
    WorkflowOptionsJson { history, store_events, skip_events, durability, retry_on_conflict }
}

fn run_json(run: &NodeRun) -> RunJson {
    let NodeRun { state, times, turns, attempts, duration, calls, error, ways } = run.clone();
    RunJson { state, times, turns, attempts, duration: duration.as_secs_f64(), calls, error, ways }
}
