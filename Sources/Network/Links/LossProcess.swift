/// Decides for each frame whether it is lost, by a `LossModel`.
struct LossProcess: Sendable {
    private let model: LossModel
    private var random: SplitMix64
    /// Only Gilbert and Elliott's model has states.
    private var isBad = false

    init(_ model: LossModel, random: SplitMix64) {
        self.model = model
        self.random = random
    }

    /// The same numbers go on, under another model. A state that both have stays.
    func changed(to model: LossModel) -> LossProcess {
        var changed = LossProcess(model, random: random)
        if case .gilbertElliott = model { changed.isBad = isBad }
        return changed
    }

    /// Whether the next frame is lost.
    mutating func loses() -> Bool {
        switch model {
        case .none:
            return false
        case .independent(let probability):
            return probability.strikes(&random)
        case .gilbertElliott(let toBad, let toGood, let lossInGood, let lossInBad):
            if (isBad ? toGood : toBad).strikes(&random) { isBad.toggle() }
            return (isBad ? lossInBad : lossInGood).strikes(&random)
        }
    }
}
