"""Draws plots and flame graphs as SVG: text alone, the same figures give the same bytes."""

import math
from html import escape

COLOURS = ("#1b6ca8", "#e07b39", "#4b9b5f", "#a05195", "#7f7f7f", "#c0392b")
FRAME = 17  # height of a frame in a flame graph
LETTER = 6.1  # width of one of 11 px, about


class Drawing:
    def __init__(self, width, height):
        self.size = (width, height)
        self.parts = [f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def text(self, x, y, words, anchor="start", size=12, weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
                          f'font-weight="{weight}" fill="#222222">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, colour="#d5d5d5"):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>')

    def box(self, x, y, width, height, colour, title=""):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
                          f"<title>{escape(title)}</title></rect>")

    def path(self, points, colour):
        self.parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" '
                          f'stroke="{colour}" stroke-width="2"/>')
        self.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]

    def save(self, path):
        width, height = self.size
        path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
                        f'height="{height}" font-family="sans-serif">\n' + "\n".join(self.parts) + "\n</svg>\n")


def steps_to(largest):
    """Values for the ticks of an axis that begins at zero: 4 to 8 of them, the last is not below `largest`."""
    power = 10 ** math.floor(math.log10(largest))
    step = next(power * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if largest / (power * part) <= 7)
    return [step * number for number in range(math.ceil(largest / step) + 1)]


class Panel:
    """An area with a title, a y axis from zero and named places on the x axis."""

    def __init__(self, drawing, left, title, unit, places, largest, width=400, height=250):
        self.drawing, self.places = drawing, places
        self.left, self.top, self.width, self.height = left + 55, 50, width - 70, height
        ticks = steps_to(largest)
        self.scale = height / ticks[-1]
        drawing.text(left + 10, 22, title, size=14, weight="bold")
        drawing.text(left + 10, 40, unit, size=11)
        for tick in ticks:
            drawing.line(self.left, self.y(tick), self.left + self.width, self.y(tick))
            drawing.text(self.left - 6, self.y(tick) + 4, f"{tick:,.10g}", "end", 11)
        for number, place in enumerate(places):
            drawing.text(self.x(number), self.top + height + 18, place, "middle", 11)

    def x(self, number):
        return self.left + self.width * (number + 0.5) / len(self.places)

    def y(self, value):
        return self.top + self.height - value * self.scale

    def line(self, values, colour):
        self.drawing.path([(self.x(number), self.y(value)) for number, value in enumerate(values)], colour)

    def stack(self, number, parts, names):
        """A bar of parts over the place `number`."""
        width, below = 0.5 * self.width / len(self.places), 0
        for part, name, colour in zip(parts, names, COLOURS):
            self.drawing.box(self.x(number) - width / 2, self.y(below + part), width, part * self.scale, colour,
                             f"{name}: {part:.4g}")
            below += part
        self.drawing.text(self.x(number), self.y(below) - 5, f"{below:,.3g}" if below < 1000 else f"{below:,.0f}", "middle", 11)


def legend(drawing, top, names, left=65, colours=COLOURS):
    for name, colour in zip(names, colours):
        drawing.box(left, top - 10, 12, 12, colour)
        drawing.text(left + 17, top, name, size=12)
        left += 17 + 7 * len(name) + 22


def flame(stacks, title, path, width=1180):
    """A flame graph: `stacks` has a cost for each tuple of names, outermost first. What is under 0.1 % is left out."""
    total, boxes, depth = sum(stacks.values()), [], 0

    def lay(paths, level, left):
        nonlocal depth
        for name in sorted({stack[level] for stack in paths if len(stack) > level}):
            own = {stack: cost for stack, cost in paths.items() if len(stack) > level and stack[level] == name}
            cost = sum(own.values())
            if cost >= total / 1000:
                boxes.append((level, left, cost, name))
                depth = max(depth, level + 1)
                lay(own, level + 1, left)
            left += cost

    lay(stacks, 0, 0)
    drawing = Drawing(width, 45 + depth * FRAME)
    drawing.text(10, 22, title, size=14, weight="bold")
    for level, left, cost, name in boxes:
        x, wide = 10 + (width - 20) * left / total, (width - 20) * cost / total
        y = 35 + (depth - 1 - level) * FRAME
        shade = sum(name.encode()) % 55
        drawing.box(x, y, max(wide - 0.5, 0.3), FRAME - 1, f"#{200 + shade:02x}{110 + 2 * shade:02x}{60 + shade:02x}",
                    f"{name}: {100 * cost / total:.1f} %")
        room = int((wide - 6) / LETTER)
        if room >= 4:
            drawing.text(x + 3, y + 12, name if len(name) <= room else name[:room - 1] + "…", size=11)
    drawing.save(path)
