use std::path::{Path, PathBuf};

use burn::optim::{AdamState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};
use contract::{Ctx, Issue};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use table::AdversaryPoint;

use super::duel::Duel;
use super::player::Player;
use crate::model::Parameter;
use crate::weights::{Stored, write_tensors};

/// Numbers of a curve for each epoch.
const COLUMNS: usize = 4;

/// What an attempt leaves for the next: parameters, moments and curves after its last whole epoch, in one file.
pub struct Checkpoint {
    file: PathBuf,
}

impl Checkpoint {
    /// Returns the checkpoint that lies in a folder, or will.
    pub fn at(folder: &Path) -> Self {
        Self { file: folder.join("checkpoint.safetensors") }
    }

    /// Replaces the file; a reader sees the old one or the new one, and nothing between.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, duel: &Duel, curves: &[AdversaryPoint]) -> Result<(), Issue> {
        let failed = |error: std::io::Error| Issue::new(format!("a checkpoint cannot be written: {error}"));
        if let Some(folder) = self.file.parent() {
            fs_err::create_dir_all(folder).map_err(failed)?;
        }
        let numbers: Vec<f64> = curves
            .iter()
            .flat_map(|point| [point.generator_loss, point.discriminator_loss, point.real, point.generated])
            .collect();
        let dims = vec![curves.len(), COLUMNS];
        let curves =
            Stored { name: "curves".to_owned(), values: TensorData::new(numbers, dims.clone()), dims };
        let players = [("generator", &duel.generator), ("discriminator", &duel.discriminator)];
        let players = players.into_iter().flat_map(|(name, player)| stored(name, player));
        let new = self.file.with_extension("new");
        write_tensors(players.chain([curves]), &new)?;
        fs_err::rename(new, &self.file).map_err(failed)
    }

    /// Puts both networks to where the file has them, and returns the curves so far: none if there is no file.
    ///
    /// A file that does not fit is told, and passed over.
    pub fn resume(
        &self,
        duel: &mut Duel,
        batches: usize,
        device: &Device,
        ctx: &Ctx<'_>,
    ) -> Vec<AdversaryPoint> {
        let Ok(bytes) = fs_err::read(&self.file) else { return Vec::new() };
        let file = SafeTensors::deserialize(&bytes).ok();
        let Some((players, curves)) = file.and_then(|file| read(&file, duel, batches, device)) else {
            ctx.warn("the checkpoint of an earlier attempt cannot be read: it starts anew");
            return Vec::new();
        };
        [duel.generator, duel.discriminator] = players;
        curves
    }
}

/// Returns the tensors of a network: each parameter with the moments of its gradient.
fn stored(name: &str, player: &Player) -> Vec<Stored> {
    let mut stored = Vec::new();
    for (Parameter { shape, value }, moments) in player.parameters.iter().zip(&player.moments) {
        let mut push = |part: &str, value: Tensor<1>| {
            let name = format!("{name}.{}{part}", shape.name);
            stored.push(Stored { name, dims: shape.dims.clone(), values: value.into_data() });
        };
        push("", value.clone());
        if let Some(AdamState { momentum }) = moments {
            push(".mean", momentum.moment_1.clone());
            push(".square", momentum.moment_2.clone());
        }
    }
    stored
}

fn read(
    file: &SafeTensors<'_>,
    duel: &Duel,
    batches: usize,
    device: &Device,
) -> Option<([Player; 2], Vec<AdversaryPoint>)> {
    let curves = curves(&file.tensor("curves").ok()?)?;
    let player = |name, player| read_player(file, name, player, curves.len() * batches, device);
    Some(([player("generator", &duel.generator)?, player("discriminator", &duel.discriminator)?], curves))
}

fn curves(tensor: &TensorView<'_>) -> Option<Vec<AdversaryPoint>> {
    let (numbers, rest) = tensor.data().as_chunks::<8>();
    if tensor.dtype() != Dtype::F64 || !rest.is_empty() {
        return None;
    }
    let numbers: Vec<f64> = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let (points, rest) = numbers.as_chunks::<COLUMNS>();
    let point = |(epoch, [generator_loss, discriminator_loss, real, generated]): (u32, &[f64; COLUMNS])| {
        AdversaryPoint {
            epoch,
            generator_loss: *generator_loss,
            discriminator_loss: *discriminator_loss,
            real: *real,
            generated: *generated,
        }
    };
    rest.is_empty().then(|| (1..).zip(points).map(point).collect())
}

/// Returns the network as the file has it, after so many steps of Adam.
fn read_player(
    file: &SafeTensors<'_>,
    name: &str,
    player: &Player,
    steps: usize,
    device: &Device,
) -> Option<Player> {
    let mut read = Player { parameters: Vec::new(), moments: Vec::new() };
    for Parameter { shape, .. } in &player.parameters {
        let values = |part: &str| {
            let tensor = file.tensor(&format!("{name}.{}{part}", shape.name)).ok()?;
            let fits = tensor.dtype() == Dtype::F32 && tensor.shape() == shape.dims;
            let (numbers, _) = tensor.data().as_chunks::<4>();
            fits.then(|| numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect::<Vec<f32>>())
        };
        let moment = |part: &str| {
            let values = values(part)?;
            let count = values.len();
            Some(Tensor::<1>::from_data(TensorData::new(values, [count]), device).inner())
        };
        read.parameters.push(Parameter::new(shape.clone(), values("")?, device));
        let momentum = AdaptiveMomentumState::new(steps, moment(".mean")?, moment(".square")?);
        read.moments.push(Some(AdamState::new(momentum)));
    }
    Some(read)
}
