internal import Foundation

/// Where the files are that belong to the program `almanac`.
///
/// They are looked for in this order, and the first place that has them is used:
///
/// 1. the folder in the environment variable `ALMANAC_HOME`: a source tree, or `share/almanac` of an installation;
/// 2. `../share/almanac` of the program's own folder, symbolic links resolved: an installation (`make install`);
/// 3. the folders above the program: a source tree.
package struct Installation: Sendable, Equatable {
    /// The kernel recipe: the folder that holds `build`, `fragment.config`, `guest` and the sources of the guests' programs.
    package let recipe: String
    /// The folder that holds the guests' programs, built; nil when `guest` of the recipe has to build them.
    package let guestFolder: String?
    /// How it was found, for people.
    package let origin: String

    /// Name of the guests' init in `guestFolder`.
    static let initName = "almanac-init"
    /// Name of the entropy library in `guestFolder`.
    static let entropyName = "almanac-entropy.so"
    /// The environment variable that names the folder with everything.
    package static let variable = "ALMANAC_HOME"
    /// What a recipe cannot do without.
    private static let parts = ["build", "guest", "fragment.config"]

    /// Finds the files of the running program.
    package static func find() throws(RunError) -> Installation {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try find(
            program: link ?? CommandLine.arguments[0],
            home: ProcessInfo.processInfo.environment[variable]
        ) { FileManager.default.fileExists(atPath: $0) }
    }

    /// - Parameters:
    ///   - program: absolute path of the program, without symbolic links.
    ///   - home: the value of `ALMANAC_HOME`.
    ///   - exists: says whether a path exists.
    package static func find(program: String, home: String?, exists: (String) -> Bool) throws(RunError)
        -> Installation
    {
        if let home, !home.isEmpty {
            guard let found = try installation(at: home, origin: "\(variable)=\(home)", exists) else {
                throw RunError(
                    .environment,
                    "\(variable) is \(home), but there is no \(home)/Kernel/build: set it to the source tree, or to "
                        + "share/almanac of an installation")
            }
            return found
        }
        let folder = parent(program)
        let share = "\(parent(folder))/share/almanac".replacing("//", with: "/")
        if let found = try installation(at: share, origin: "installed with \(program)", exists) {
            return found
        }
        var above = folder
        while true {
            if let found = try installation(at: above, origin: "source tree above \(program)", exists) {
                return found
            }
            guard above != "/" else { break }
            above = parent(above)
        }
        throw RunError(
            .environment,
            "the kernel recipe (Kernel/build) is missing: it is neither in \(share) nor in a folder above "
                + "\(program); install almanac with `make install`, or set \(variable) to the folder that holds Kernel"
        )
    }

    /// What `folder` holds; nil when it holds no recipe. A recipe that lacks a part is an error.
    private static func installation(at folder: String, origin: String, _ exists: (String) -> Bool)
        throws(RunError) -> Installation?
    {
        let recipe = folder == "/" ? "/Kernel" : "\(folder)/Kernel"
        guard exists("\(recipe)/build") else { return nil }
        if let missing = parts.first(where: { !exists("\(recipe)/\($0)") }) {
            throw RunError(
                .environment,
                "\(recipe)/\(missing) is missing (\(origin)); install almanac again with `make install`"
            )
        }
        // PREFIX/lib/almanac beside PREFIX/share/almanac.
        let guests = "\(parent(parent(folder)))/lib/almanac".replacing("//", with: "/")
        let isComplete = [initName, entropyName].allSatisfy { exists("\(guests)/\($0)") }
        return Installation(
            recipe: recipe, guestFolder: folder.hasSuffix("/share/almanac") && isComplete ? guests : nil,
            origin: origin)
    }

    private static func parent(_ path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }
}
