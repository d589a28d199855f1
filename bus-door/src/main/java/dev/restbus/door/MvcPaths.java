package dev.restbus.door;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Which methods and query parameters Spring MVC knows at a path, read from its mappings at the
 * first request. Thread-safe.
 */
final class MvcPaths {

    private final Supplier<List<RequestMappingInfoHandlerMapping>> mappings;
    private volatile @Nullable List<Entry> entries;

    MvcPaths(Supplier<List<RequestMappingInfoHandlerMapping>> mappings) {
        this.mappings = mappings;
    }

    Match find(RequestPath path) {
        PathContainer container = PathContainer.parsePath(path.raw());
        List<Entry> found = new ArrayList<>();
        for (Entry entry : entries()) {
            if (entry.pattern.matches(container)) {
                found.add(entry);
            }
        }
        return new Match(found);
    }

    private List<Entry> entries() {
        List<Entry> known = entries;
        if (known == null) {
            known = new ArrayList<>();
            for (RequestMappingInfoHandlerMapping mapping : mappings.get()) {
                for (var mapped : mapping.getHandlerMethods().entrySet()) {
                    addEntries(known, mapped.getKey(), mapped.getValue());
                }
            }
            entries = known;
        }
        return known;
    }

    private static void addEntries(
            List<Entry> target, RequestMappingInfo info, HandlerMethod method) {
        if (info.getPathPatternsCondition() == null) {
            return;
        }
        Set<String> methods = new HashSet<>();
        for (RequestMethod each : info.getMethodsCondition().getMethods()) {
            methods.add(each.name());
        }
        if (methods.isEmpty()) {
            methods.addAll(List.of("GET", "POST", "PUT", "PATCH", "DELETE"));
        }
        Set<String> parameters = parametersOf(method);
        for (PathPattern pattern : info.getPathPatternsCondition().getPatterns()) {
            target.add(new Entry(pattern, methods, parameters));
        }
    }

    /** The names it binds; null where it reads the request itself or is not ours to judge. */
    private static @Nullable Set<String> parametersOf(HandlerMethod method) {
        String owner = method.getBeanType().getName();
        if (owner.startsWith("org.springframework.") || owner.startsWith("org.springdoc.")) {
            return null;
        }
        Set<String> names = new HashSet<>();
        for (Parameter parameter : method.getMethod().getParameters()) {
            RequestParam annotation = parameter.getAnnotation(RequestParam.class);
            if (annotation == null && readsRequest(parameter.getType())) {
                return null;
            }
            if (annotation != null) {
                if (Map.class.isAssignableFrom(parameter.getType())) {
                    return null;
                }
                String name = annotation.name().isEmpty() ? annotation.value() : annotation.name();
                names.add(name.isEmpty() ? parameter.getName() : name);
            }
        }
        return names;
    }

    private static boolean readsRequest(Class<?> type) {
        return ServletRequest.class.isAssignableFrom(type)
                || WebRequest.class.isAssignableFrom(type);
    }

    private record Entry(
            PathPattern pattern, Set<String> methods, @Nullable Set<String> parameters) {}

    /** What MVC has at one path. */
    static final class Match {

        private final List<Entry> found;

        private Match(List<Entry> found) {
            this.found = found;
        }

        boolean isKnown() {
            return !found.isEmpty();
        }

        Set<String> methods() {
            Set<String> methods = new TreeSet<>();
            for (Entry entry : found) {
                methods.addAll(entry.methods);
            }
            return methods;
        }

        /**
         * @throws dev.restbus.api.BusException 422 {@code unknown-parameter}
         */
        void requireKnownParameters(String method, Query query) {
            String served = method.equals("HEAD") ? "GET" : method;
            Set<String> known = new HashSet<>();
            boolean ours = false;
            for (Entry entry : found) {
                if (entry.methods.contains(served)) {
                    if (entry.parameters == null) {
                        return;
                    }
                    ours = true;
                    known.addAll(entry.parameters);
                }
            }
            if (ours) {
                QueryParser.requireKnown(query, known);
            }
        }
    }
}
