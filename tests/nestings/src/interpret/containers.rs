//! What containers do with what is in them.

use super::*;

impl Interpreter<'_> {
    pub(super) fn decision(&mut self, by: &Decision, path: &str, env: &Env, piped: &Piped, divisor: u64) -> bool {
        self.decides(path, !matches!(by, Decision::Closure));
        let d = match by {
            Decision::Step => piped.values[0].d().clone(),
            Decision::Of(name) => self.arg(&Arg::Name(name.clone()), env).0,
            Decision::Closure => folded(&piped.values),
        };
        d.n % divisor == 0
    }

    pub(super) fn container(&mut self, node: &Node, own: &str, path: &str, env: &Env, piped: &Piped) -> Result<Vec<Value>, Stop> {
        let _ = path;
        match &node.kind {
            Kind::Steps(body) => Ok(self.block(body, own, &mut env.clone(), piped.clone())?.values),
            Kind::Parallel(branches) => self.parallel(node, branches, own, env, piped),
            Kind::Each { item, body } => self.each(node, item.as_ref(), body, own, env, piped),
            Kind::Condition { by, then, otherwise } => {
                let yes = self.decision(by, &at(own, "if"), env, piped, 2);
                self.way(own, yes);
                let optional = matches!(otherwise, Otherwise::None);
                match (yes, otherwise) {
                    (true, _) => {
                        let values = self.block(then, own, &mut env.clone(), piped.clone())?.values;
                        Ok(if optional { vec![Value::Opt(Some(Box::new(as_one(values))))] } else { values })
                    }
                    (false, Otherwise::PassesThrough) => Ok(piped.values.clone()),
                    (false, Otherwise::None) => Ok(vec![Value::Opt(None)]),
                    (false, Otherwise::Nodes(other)) => Ok(self.block(other, own, &mut env.clone(), piped.clone())?.values),
                }
            }
            Kind::Loop { draft, max, until, fail, restart, body } => {
                let mut current = piped.clone();
                for index in 0..*max {
                    let turn = format!("{own}[{index}]");
                    let mut inner = env.clone();
                    inner.extend(draft.iter().map(|draft| (draft.clone(), Bound::Values(current.clone()))));
                    let out = self.turn(body, until.as_ref(), &turn, &mut inner, &current);
                    let (next, done) = self.close(&turn, out)?;
                    if done || index + 1 == *max {
                        self.way(own, if done { "until" } else { "max" });
                        return if done || !*fail { Ok(next.values) } else { Err(Stop::Failed(own.to_owned())) };
                    }
                    if !*restart {
                        current = next;
                    }
                }
                unreachable!("`max` is at least one")
            }
            Kind::Router { by, arms } => {
                self.decides(&at(own, "select"), *by != Selector::Closure && (*by != Selector::Many || piped.shape.is_d()));
                let d = match by {
                    Selector::Closure => folded(&piped.values),
                    Selector::Many if !piped.shape.is_d() => folded(&piped.values),
                    _ => piped.values[0].d().clone(),
                };
                match by {
                    Selector::Text => {
                        let word = word_of(&d);
                        let arm = arms.iter().find(|arm| matches!(arm.pattern, Pattern::Any) || arm.pattern == pattern_of(&word));
                        let arm = arm.expect("the last arm matches");
                        self.way(own, &word);
                        Ok(self.block(&arm.body, own, &mut env.clone(), piped.clone())?.values)
                    }
                    Selector::Step | Selector::Closure => self.arm(arms, &route_of(&d), own, own, env, piped),
                    Selector::Many => {
                        let mut current = piped.clone();
                        for (index, route) in routes_of(&d).iter().enumerate() {
                            let inside = at(own, &format!("many[{index}]"));
                            current.values = self.arm(arms, route, own, &inside, env, &current)?;
                        }
                        Ok(current.values)
                    }
                }
            }
            Kind::Call { .. } | Kind::Ask { .. } | Kind::Sleep | Kind::Map { .. } => unreachable!("a leaf"),
        }
    }

    fn arm(
        &mut self,
        arms: &[crate::generate::model::Arm],
        route: &Route,
        own: &str,
        inside: &str,
        env: &Env,
        piped: &Piped,
    ) -> Result<Vec<Value>, Stop> {
        let fits = |pattern: Pattern| match (pattern, route) {
            (Pattern::Any, _) | (Pattern::Low, Route::Low) | (Pattern::NotLow, Route::Mid(_) | Route::High { .. }) => Some(None),
            (Pattern::MidEven, Route::Mid(k)) if k % 2 == 0 => Some(Some(*k)),
            (Pattern::Mid, Route::Mid(k)) | (Pattern::High, Route::High { k }) => Some(Some(*k)),
            _ => None,
        };
        let (index, k) =
            arms.iter().enumerate().find_map(|(index, arm)| fits(arm.pattern).map(|k| (index, k))).expect("arms are exhaustive");
        self.way(own, index);
        let mut env = env.clone();
        env.extend(k.map(|k| ("k".to_owned(), Bound::Number(k))));
        Ok(self.block(&arms[index].body, inside, &mut env, piped.clone())?.values)
    }

    fn turn(&mut self, body: &Block, until: Option<&Decision>, turn: &str, env: &mut Env, current: &Piped) -> Result<(Piped, bool), Stop> {
        let next = self.block(body, turn, env, current.clone())?;
        let done = until.is_some_and(|until| self.decision(until, &at(turn, "until"), env, &next, 3));
        Ok((next, done))
    }

    fn parallel(&mut self, node: &Node, branches: &[Node], own: &str, env: &Env, piped: &Piped) -> Result<Vec<Value>, Stop> {
        let outs: Vec<_> = branches.iter().map(|branch| self.node(branch, own, env, piped).map(|out| out.values)).collect();
        let values = self.settled(node, outs, &format!("{own}/"))?;
        Ok(values.into_iter().flatten().collect())
    }

    fn each(&mut self, node: &Node, item: Option<&String>, body: &Block, own: &str, env: &Env, piped: &Piped) -> Result<Vec<Value>, Stop> {
        let Value::List(items) = &piped.values[0] else { panic!("`each` over {piped:?}") };
        let Shape::One(shape::Ty::List(ty)) = &piped.shape else { panic!("`each` over {piped:?}") };
        let mut outs = Vec::new();
        for (index, value) in items.iter().enumerate() {
            let path = format!("{own}[{index}]");
            let one = Piped { shape: Shape::One((**ty).clone()), values: vec![value.clone()] };
            let mut env = env.clone();
            env.extend(item.iter().map(|item| ((*item).clone(), Bound::Values(one.clone()))));
            let out = self.block(body, &path, &mut env, one).map(|out| vec![as_one(out.values)]);
            outs.push(self.close(&path, out));
        }
        self.way(own, items.len());
        let values = self.settled(node, outs, &format!("{own}["))?;
        Ok(vec![Value::List(values.into_iter().flatten().collect())])
    }

    /// The first failure in declared order, or what all gave.
    fn settled(&mut self, node: &Node, outs: Vec<Result<Vec<Value>, Stop>>, inside: &str) -> Result<Vec<Vec<Value>>, Stop> {
        if node.options.on_error == OnError::Collect {
            return outs
                .into_iter()
                .map(|out| match out {
                    Ok(values) => Ok(vec![Value::Res(Some(Box::new(as_one(values))))]),
                    Err(Stop::Failed(_)) => Ok(vec![Value::Res(None)]),
                    Err(stop) => Err(stop),
                })
                .collect();
        }
        let failed = outs.iter().filter(|out| matches!(out, Err(Stop::Failed(_)))).count();
        if failed > 0 {
            self.expected.loose.push(inside.to_owned());
        }
        if failed > 1 {
            // Those that the first one cut fail when somebody tries again, and so on.
            self.expected.loose.push(format!("{}/error", &inside[..inside.len() - 1]));
        }
        let mut values = Vec::new();
        let mut hangs = false;
        for out in outs {
            match out {
                Ok(out) => values.push(out),
                Err(Stop::Hangs) => hangs = true,
                Err(failed) => return Err(failed),
            }
        }
        if hangs { Err(Stop::Hangs) } else { Ok(values) }
    }

    fn way(&mut self, own: &str, way: impl std::fmt::Display) {
        let place: String = own.split('/').map(|part| part.split('[').next().unwrap_or_default()).collect::<Vec<_>>().join("/");
        self.expected.ways.insert(format!("{place} {way}"));
    }
}

fn pattern_of(word: &str) -> Pattern {
    match word {
        "low" => Pattern::Word("low"),
        "mid" => Pattern::Word("mid"),
        _ => Pattern::Any,
    }
}
