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
