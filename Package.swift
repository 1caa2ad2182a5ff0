// swift-tools-version: 6.3

import PackageDescription

/// One list for every Swift target: language mode 6, strict memory safety, warnings are errors. `Benchmarks/Package.swift`
/// holds the same list: SwiftPM cannot share it, and `PackageTests` compares the two.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// What `make` tells about the build for `almanac --version` (tools/version); nil in a plain `swift build`.
let buildDescription = Context.environment["ALMANAC_BUILD"]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// A module of the house, in `Sources/<name>`.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests beside a module, in `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, exclude: resources, swiftSettings: settings)
}

let package = Package(
    name: "almanac",
    products: [
        .executable(name: "almanac", targets: ["AlmanacTool"]),
        .library(name: "Almanac", targets: ["Almanac"]),
    ],
    // Exact versions: the same source builds the same program.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .target(name: "CAlmanac", linkerSettings: [.linkedLibrary("z")]),
        // A C target of one file: for a new commit that file and the command line are compiled again, and no other module.
        .target(
            name: "CBuild",
            cSettings: buildDescription.map { [.define("ALMANAC_BUILD", to: "\"\($0)\"")] } ?? []),
        // The report page's HTML, CSS and JavaScript, which its one C file embeds.
        .target(name: "ReportPage", exclude: ["page.html", "style.css", "script", "package.json"]),
        module("Posix", ["CAlmanac", system]),
        module("TimeTravelProtocol", []),
        module("Calendar", []),
        module("Network", ["Calendar"]),
        module("Trace", ["Calendar", "Network", "Posix", system]),
        module("CalendarServer", ["Calendar", "TimeTravelProtocol", "Posix", "Trace", system]),
        module("Virtio", ["CAlmanac", "Network", "Posix", system]),
        module("Guest", ["TimeTravelProtocol", "Posix", system]),
        module("Almanac", ["Guest"]),
        module("Models", ["Guest", "Network"]),
        module("Report", ["Calendar", "ReportPage", "Trace"]),
        module(
            "Simulation",
            ["Calendar", "CalendarServer", "Models", "Network", "Posix", "Trace", "Virtio", system]),
        module("LabPlan", ["Models", "Network", .product(name: "Yams", package: "Yams")]),
        module(
            "Lab",
            [
                "Calendar", "CalendarServer", "LabPlan", "Models", "Network", "Posix", "Report", "Simulation",
                "Trace", system,
            ]),
        .executableTarget(
            name: "AlmanacTool",
            dependencies: [
                "CBuild", "Calendar", "CalendarServer", "Lab", "LabPlan", "Network", "Posix", "Report",
                "Trace", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .target(
            name: "Fuzzing",
            dependencies: [
                "Calendar", "CalendarServer", "Lab", "LabPlan", "Models", "Network", "Posix", "Report",
                "TimeTravelProtocol", "Trace", "Virtio", system,
            ], path: "Tests/Fuzzing", swiftSettings: settings),
        .executableTarget(
            name: "fuzz", dependencies: ["Fuzzing"], path: "Tests/FuzzTool", swiftSettings: settings),
        tests("Fuzz", ["Fuzzing", "fuzz"]),
        tests("Network", ["Network", "Calendar"]),
        tests("Posix", ["Posix", system]),
        tests("Report", ["Calendar", "Report", "Trace"], resources: ["Page"]),
        tests("Trace", ["Trace", "Calendar", "Network", "Posix", system], resources: ["Programs"]),
        tests("TimeTravelProtocol", ["TimeTravelProtocol"]),
        tests("Calendar", ["Calendar"]),
        tests("Simulation", ["Calendar", "Network", "Simulation", "Trace"]),
        tests("CalendarServer", ["CalendarServer", "Calendar", "TimeTravelProtocol", "Posix", system]),
        tests("Lab", ["Calendar", "Lab", "LabPlan", "Network", "Posix", "Report", "Trace"]),
        tests(
            "LabPlan", ["LabPlan", "Models", "Network", .product(name: "Yams", package: "Yams")],
            resources: ["Errors"]),
        tests(
            "Guest",
            [
                "Calendar", "CalendarServer", "Guest", "Models", "Network", "Posix", "Simulation",
                "TimeTravelProtocol", system,
            ]),
        tests("Models", ["Models", "Network"]),
        tests("Virtio", ["Virtio", "Network", "Posix", system]),
        tests("Style"),
        tests(
            "Integration",
            [
                "AlmanacTool", "Calendar", "CalendarServer", "Guest", "Models", "Network", "Posix", "Report",
                "Simulation", "TimeTravelProtocol", "Trace", system,
            ],
            resources: ["Help", "Programs"]),
    ]
)

// It has no `main` but libFuzzer's, so it is only there for `make fuzz-guided`.
if Context.environment["ALMANAC_GUIDED_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz-guided", dependencies: ["Fuzzing"], path: "Tests/FuzzGuided",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
