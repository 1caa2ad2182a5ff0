/// What a plan says about time between machines, computed once for a run: which machines share an island, how far islands
/// may run ahead of each other, and the least time that frames take on each network.
package struct ResolvedTopology: Sendable {
    /// By network.
    package let floors: [NetworkFloors]
    package let islands: IslandMap

    /// - Parameter separatesModels: models share islands only as machines do; results are the same, runs take longer.
    package init(_ plan: LabPlan, separatesModels: Bool = false) {
        floors = NetworkFloors.all(of: plan)
        islands = IslandMap(plan, floors, separatesModels: separatesModels)
    }
}
