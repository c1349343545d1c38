"""Parts that a chip may be built without: whether a network needs one that is not there."""

from __future__ import annotations

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import UNIT_EXPONENT_BITS, PayloadKind

from ...network.graph import Layer, Network
from ...network.neurons.membrane import used_terms
from ...network.recurrence import blocked_step, late_order, steps_ahead, taken_late
from ..program import CompileError


def check_features(network: Network, chip: ChipConfig) -> None:
    """Raise CompileError when a layer or an input needs a part that the chip does not have. No cut and no placement can mend that, so it is asked first."""
    for source in network.inputs:
        greatest = max(abs(limit) for limit in source.value_limits)
        if source.payload_kind is PayloadKind.POW2 and greatest.bit_length() > 1 << UNIT_EXPONENT_BITS and not chip.wide_values:
            raise CompileError(
                f"input {source.name}: powers of two of up to {greatest} need wide values, chip {chip.name} has wide_values = false; take a chip that has it"
            )
    for layer in network.layers:
        _check_layer(network, layer, chip)


def _check_layer(network: Network, layer: Layer, chip: ChipConfig) -> None:
    needs = [(layer.kind.label, feature) for feature in layer.kind.chip_features]
    if any(s.recode is not None for s in layer.synapses):
        needs.append(("recode", "shift_units"))
    if any(s.dynamic for s in layer.synapses):
        needs.append(("weights that another layer sends", "dynamic_weights"))
    late = [taken_late(network, layer, s) for s in layer.synapses]
    if any(late):
        needs.append(("a synapse with delay", "feedback"))
    shared = next(
        (name for s in layer.synapses for name in s.sources if sum(name in other.sources for other in layer.synapses) > 1), None
    )
    if shared is not None:
        needs.append((f"several synapses from {shared} (so are weights of 16 bits)", "chains"))
    for what, feature in needs:
        if not getattr(chip, feature):
            raise CompileError(
                f"layer {layer.name}: {what} needs {feature.replace('_', ' ')}, chip {chip.name} has {feature} = false; take a chip that has it"
            )
    ahead = max(steps_ahead(network, layer, s) for s in layer.synapses)
    alone = all(s.delay for s in layer.synapses)
    if ahead and not chip.delay_words and not (alone and ahead == 1):
        if late_order(network) is None and not any(s.delay > 1 for other in network.layers for s in other.synapses):
            raise CompileError(blocked_step(network))
        raise CompileError(
            f"layer {layer.name}: its delays keep sums for {ahead} {'step' if ahead == 1 else 'steps'}, chip {chip.name} has delay_words = 0; take"
            " a chip that has some"
        )
    if all(late) or (alone and not chip.delay_words):
        raise CompileError(
            f"layer {layer.name}: all its synapses have a delay, so nothing holds its first step back until there is a sample; give it a"
            " source without delay"
        )
    for leak in layer.kind.leaks.values():
        if used_terms(leak) <= chip.leak_terms:
            continue
        raise CompileError(
            f"layer {layer.name}: leak terms = {used_terms(leak)}, the chip's leak_terms = {chip.leak_terms}; use fewer terms (--fit-neurons takes the nearest), or a chip with more"
        )
