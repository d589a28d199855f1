package dev.restbus.e2e;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The rules that keep the code readable, checked over the compiled classes and the sources of every
 * module.
 */
class HouseRulesTest {

    /** Imports go only downward; packages on one step do not see each other. */
    private static final List<Set<String>> BROKER =
            List.of(
                    Set.of("http"),
                    Set.of("group", "membership"),
                    Set.of("fetch", "publish", "offsets"),
                    Set.of("routing"),
                    Set.of("replication"),
                    Set.of("log"));

    private static final List<Set<String>> COORDINATOR =
            List.of(
                    Set.of("http", "store"),
                    Set.of("cluster", "group"),
                    Set.of("assign", "topic"),
                    Set.of("journal"));

    private static final String[] ENGINE = {
        "dev.restbus.api..",
        "dev.restbus.broker.log..",
        "dev.restbus.broker.replication..",
        "dev.restbus.broker.routing..",
        "dev.restbus.broker.publish..",
        "dev.restbus.broker.fetch..",
        "dev.restbus.broker.offsets..",
        "dev.restbus.broker.group..",
        "dev.restbus.coordinator.topic..",
        "dev.restbus.coordinator.group..",
        "dev.restbus.coordinator.assign..",
        "dev.restbus.coordinator.cluster..",
        "dev.restbus.coordinator.journal..",
    };

    private static final Pattern HAS_TESTS =
            Pattern.compile(
                    "^\\s*@(Test|ParameterizedTest|RepeatedTest|TestFactory)\\b",
                    Pattern.MULTILINE);

    private static JavaClasses house;

    @BeforeAll
    static void readEveryModule() {
        assertThat(Checkout.mainClasses()).allMatch(Files::isDirectory, "is compiled");
        house = new ClassFileImporter().importPaths(Checkout.mainClasses());
        assertThat(house).isNotEmpty();
    }

    @Test
    void noCyclesBetweenPackages() {
        slices().matching("dev.restbus.(**)").should().beFreeOfCycles().check(house);
    }

    @TestFactory
    Stream<DynamicTest> brokerImportsGoDownward() {
        return staircase("dev.restbus.broker", BROKER);
    }

    @TestFactory
    Stream<DynamicTest> coordinatorImportsGoDownward() {
        return staircase("dev.restbus.coordinator", COORDINATOR);
    }

    @Test
    void everyPackageHasItsPlaceOnAStaircase() {
        assertThat(capabilitiesOf("dev.restbus.broker")).isSubsetOf(names(BROKER));
        assertThat(capabilitiesOf("dev.restbus.coordinator")).isSubsetOf(names(COORDINATOR));
    }

    @Test
    void modulesSeeOnlyWhatTheyAreBuiltOn() {
        mayUse("dev.restbus.api..", "dev.restbus.api..");
        mayUse("dev.restbus.client..", "dev.restbus.api..", "dev.restbus.client..");
        mayUse("dev.restbus.door..", "dev.restbus.api..", "dev.restbus.door..");
        mayUse(
                "dev.restbus.broker..",
                "dev.restbus.api..",
                "dev.restbus.door..",
                "dev.restbus.broker..");
        mayUse(
                "dev.restbus.coordinator..",
                "dev.restbus.api..",
                "dev.restbus.door..",
                "dev.restbus.coordinator..");
    }

    @Test
    void theLogSeesNobodyButTheApi() {
        mayUse("dev.restbus.broker.log..", "dev.restbus.api..", "dev.restbus.broker.log..");
    }

    @Test
    void samplesSeeOnlyTheClientAndTheContract() {
        for (String sample : List.of("ecommerce", "notification", "gps")) {
            String itself = "dev.restbus.sample." + sample + "..";
            mayUse(itself, "dev.restbus.client..", "dev.restbus.api", itself);
        }
    }

    @Test
    void enginesKnowNeitherSpringNorJakarta() {
        noClasses()
                .that()
                .resideInAnyPackage(ENGINE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "jakarta..")
                .check(house);
    }

    @Test
    void onlyTheStoreKnowsPersistence() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.restbus.coordinator.store..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jakarta.persistence..")
                .check(house);
    }

    @Test
    void jacksonIsVersionThree() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.fasterxml.jackson.databind..")
                .check(house);
    }

    @Test
    void enginesDoNotPrint() {
        noClasses()
                .that()
                .resideInAnyPackage(ENGINE)
                .and(haveNoMain())
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(house);
    }

    @Test
    void everyPackageSaysWhatItIsForAndIsNullMarked() {
        Set<Path> packages =
                Checkout.sources("src/main/java").stream()
                        .map(Path::getParent)
                        .collect(Collectors.toCollection(TreeSet::new));
        List<String> faults = new ArrayList<>();
        for (Path folder : packages) {
            Path info = folder.resolve("package-info.java");
            if (!Files.exists(info)) {
                faults.add(folder + " has no package-info.java");
            } else if (!Checkout.read(info).contains("@NullMarked")
                    || !Checkout.read(info).startsWith("/**")) {
                faults.add(info + " lacks @NullMarked or its sentence");
            }
        }
        assertThat(faults).isEmpty();
    }

    /** Surefire runs only classes named so; another name would never run. */
    @Test
    void testClassesEndInTest() {
        assertThat(Checkout.sources("src/test/java"))
                .filteredOn(file -> HAS_TESTS.matcher(Checkout.read(file)).find())
                .filteredOn(file -> !Checkout.read(file).contains("abstract class "))
                .isNotEmpty()
                .allMatch(file -> file.getFileName().toString().endsWith("Test.java"));
    }

    private static Stream<DynamicTest> staircase(String root, List<Set<String>> steps) {
        return names(steps).stream()
                .map(
                        name ->
                                DynamicTest.dynamicTest(
                                        name + " sees only what is below it",
                                        () -> seesOnlyBelow(root, steps, name)));
    }

    /** From {@code name} only lower steps are seen: not higher ones, siblings, or the wiring. */
    private static void seesOnlyBelow(String root, List<Set<String>> steps, String name) {
        List<String> allowed = new ArrayList<>(List.of(root + "." + name + ".."));
        boolean below = false;
        for (Set<String> step : steps) {
            if (below) {
                step.forEach(lower -> allowed.add(root + "." + lower + ".."));
            }
            below |= step.contains(name);
        }
        noClasses()
                .that()
                .resideInAPackage(root + "." + name + "..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(root + "..")
                                .and(resideOutsideOfPackages(allowed.toArray(String[]::new))))
                .allowEmptyShould(true)
                .check(house);
    }

    private static DescribedPredicate<JavaClass> haveNoMain() {
        return DescribedPredicate.describe(
                "have no main", type -> type.tryGetMethod("main", String[].class).isEmpty());
    }

    private static void mayUse(String from, String... allowed) {
        noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("dev.restbus..").and(resideOutsideOfPackages(allowed)))
                .check(house);
    }

    private static Set<String> capabilitiesOf(String root) {
        return house.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(root + "."))
                .map(name -> name.substring(root.length() + 1).split("\\.")[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(List<Set<String>> steps) {
        return steps.stream().flatMap(Set::stream).collect(Collectors.toCollection(TreeSet::new));
    }
}
