package dev.restbus.door;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The hot routes as a tree of path segments; a literal segment wins over a variable. Immutable once
 * built, and matching allocates nothing.
 */
final class RouteTable {

    private final Node root = new Node();

    RouteTable(List<Route> routes) {
        for (Route route : routes) {
            add(route);
        }
    }

    /** What is served at this path, or null. */
    @Nullable Endpoint find(RequestPath path) {
        return path.fitsRoutes() ? find(root, path, 0) : null;
    }

    private static @Nullable Endpoint find(Node node, RequestPath path, int depth) {
        if (depth == path.segmentCount()) {
            return node.endpoint;
        }
        for (int i = 0; i < node.literals.length; i++) {
            if (path.segmentIs(depth, node.literals[i])) {
                Endpoint found = find(node.children[i], path, depth + 1);
                if (found != null) {
                    return found;
                }
            }
        }
        return node.variable == null || path.segmentIsEmpty(depth)
                ? null
                : find(node.variable, path, depth + 1);
    }

    private void add(Route route) {
        if (!route.pattern().startsWith("/")) {
            throw new IllegalArgumentException("a pattern begins with a slash: " + route);
        }
        Node node = root;
        Map<String, Integer> variables = new HashMap<>();
        String[] segments = route.pattern().substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            if (segments[i].startsWith("{")) {
                variables.put(segments[i].substring(1, segments[i].length() - 1), i);
                node = node.variable();
            } else {
                node = node.child(segments[i]);
            }
        }
        if (node.endpoint == null) {
            node.endpoint = new Endpoint();
        }
        node.endpoint.add(new Bound(route, variables));
    }

    /** A route and where its variables stand. */
    record Bound(Route route, Map<String, Integer> variables) {

        /** The variable's value in a path that fits the route, decoded. */
        String variable(String name, RequestPath path) {
            Integer segment = variables.get(name);
            if (segment == null) {
                throw new IllegalArgumentException(route.pattern() + " has no {" + name + "}");
            }
            return path.segment(segment);
        }
    }

    /** Every route of one pattern. */
    static final class Endpoint {

        private @Nullable Bound get;
        private @Nullable Bound post;

        private void add(Bound bound) {
            boolean isGet = bound.route().method().equals("GET");
            if (!isGet && !bound.route().method().equals("POST")) {
                throw new IllegalArgumentException("a route is GET or POST: " + bound.route());
            }
            if ((isGet ? get : post) != null) {
                throw new IllegalArgumentException("two routes of one path: " + bound.route());
            }
            if (isGet) {
                get = bound;
            } else {
                post = bound;
            }
        }

        @Nullable Bound forMethod(String method) {
            switch (method) {
                case "POST":
                    return post;
                case "GET":
                case "HEAD":
                    return get;
                default:
                    return null;
            }
        }

        void addMethods(TreeSet<String> methods) {
            if (get != null) {
                methods.add("GET");
            }
            if (post != null) {
                methods.add("POST");
            }
        }
    }

    private static final class Node {

        private String[] literals = {};
        private Node[] children = {};
        private @Nullable Node variable;
        private @Nullable Endpoint endpoint;

        Node variable() {
            if (variable == null) {
                variable = new Node();
            }
            return variable;
        }

        Node child(String literal) {
            for (int i = 0; i < literals.length; i++) {
                if (literals[i].equals(literal)) {
                    return children[i];
                }
            }
            List<String> names = new ArrayList<>(List.of(literals));
            List<Node> nodes = new ArrayList<>(List.of(children));
            Node added = new Node();
            names.add(literal);
            nodes.add(added);
            literals = names.toArray(new String[0]);
            children = nodes.toArray(new Node[0]);
            return added;
        }
    }
}
