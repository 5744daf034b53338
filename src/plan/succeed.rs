use std::collections::BTreeMap;

use super::unit::{Part, Plan, Unit, Wire};

impl Plan {
    /// Takes the place of an earlier plan that knew less: every unit of that one keeps its position, those that are new
    /// come behind. One that stood for cells which are known now stays behind without being in the order.
    ///
    /// Returns also the position that each unit of this plan got.
    #[must_use]
    pub fn succeed(self, earlier: Self) -> (Self, Vec<usize>) {
        let known: BTreeMap<String, usize> =
            earlier.units.iter().enumerate().map(|(position, unit)| (unit.id.clone(), position)).collect();
        let mut next = earlier.units.len();
        let mut places = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            places.push(known.get(&unit.id).copied().unwrap_or(next));
            next += usize::from(!known.contains_key(&unit.id));
        }
        let mut units = earlier.units;
        let mut kept = vec![true; units.len()];
        for (mut unit, place) in self.units.into_iter().zip(&places) {
            unit.move_to(&places);
            if *place < units.len() {
                kept[*place] = false;
                units[*place] = unit;
            } else {
                units.push(unit);
            }
        }
        // What nobody asks for any more was asked for until now: it may be running.
        let stays = |unit: &usize| kept[*unit] && !units[*unit].awaited;
        let mut order: Vec<usize> = earlier.order.into_iter().filter(stays).collect();
        order.extend(self.order.into_iter().map(|unit| places[unit]));
        let mut readers = vec![Vec::new(); units.len()];
        for &position in &order {
            units[position].reads.iter().for_each(|read| readers[*read].push(position));
        }
        (Self { units, order, readers, warnings: self.warnings }, places)
    }
}

impl Unit {
    /// Follows the units that it reads to their new positions.
    fn move_to(&mut self, places: &[usize]) {
        let follow = |part: &mut Part| {
            if let Part::Unit(unit, _) = part {
                *unit = places[*unit];
            }
        };
        for (_, wire) in &mut self.inputs {
            match wire {
                Wire::One(part) => follow(part),
                Wire::Gather(parts) => parts.iter_mut().for_each(|(_, part)| follow(part)),
            }
        }
        self.rows.iter_mut().for_each(follow);
        self.reads.iter_mut().for_each(|read| *read = places[*read]);
    }
}

#[cfg(test)]
mod tests {
    use contract::Cell;

    use super::*;
    use crate::manifest::needs::Needs;
    use crate::manifest::text::{Span, Texts};
    use crate::manifest::value::{Form, Table, Value};

    /// Returns a unit that reads others.
    fn unit(id: &str, reads: &[usize]) -> Unit {
        let span = Span { file: Texts::default().add("x".into(), String::new()), range: 0..0 };
        let parts = reads.iter().map(|read| (Cell::new(), Part::Unit(*read, 0))).collect();
        Unit {
            stage: 0,
            cell: Cell::new(),
            id: id.to_owned(),
            awaited: id.ends_with("[*]"),
            target: false,
            inputs: vec![("all".to_owned(), Wire::Gather(parts))],
            params: Value { span, form: Form::Table(Table::new()) },
            bound: None,
            needs: Needs::default(),
            rows: None,
            reads: reads.to_vec(),
        }
    }

    fn plan(units: Vec<Unit>) -> Plan {
        Plan { order: (0..units.len()).collect(), units, ..Plan::default() }
    }

    #[test]
    fn units_keep_their_positions_and_wires_follow_those_that_are_new() {
        let earlier = plan(vec![unit("make", &[]), unit("fit[*]", &[0]), unit("sum", &[1])]);
        let (first, mut second) = (unit("fit[x=1]", &[2]), unit("fit[x=2]", &[2]));
        second.rows = Some(Part::Unit(2, 0));
        let (plan, places) =
            plan(vec![first, second, unit("make", &[]), unit("sum", &[0, 1])]).succeed(earlier);
        assert_eq!(places, [3, 4, 0, 2]);
        let ids: Vec<&str> = plan.units.iter().map(|unit| unit.id.as_str()).collect();
        assert_eq!(ids, ["make", "fit[*]", "sum", "fit[x=1]", "fit[x=2]"]);
        assert_eq!(plan.units[2].reads, [3, 4]);
        assert_eq!(plan.units[2].parts().filter_map(Part::unit).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(plan.order, [3, 4, 0, 2], "what stood for others is not to be done");
        assert_eq!(
            (plan.readers[0].as_slice(), plan.readers[3].as_slice()),
            ([3, 4].as_slice(), [2].as_slice())
        );
        assert_eq!(plan.units[4].rows.as_ref().and_then(Part::unit), Some(0));
    }

    #[test]
    fn what_nobody_asks_for_any_more_stays() {
        let earlier = plan(vec![unit("make", &[]), unit("fit[*]", &[0]), unit("other", &[])]);
        let (plan, places) = plan(vec![unit("draw", &[])]).succeed(earlier);
        assert_eq!((places, plan.order), (vec![3], vec![0, 2, 3]));
    }
}
