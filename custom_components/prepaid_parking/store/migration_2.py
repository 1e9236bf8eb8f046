"""From schema 1 to 2: what wallets, units, tariffs and bills need. Frozen: schema.py moves on."""

from typing import Final

from sqlalchemy import Connection

STATEMENTS: Final = (
    """
    CREATE TABLE bill (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        wallet TEXT NOT NULL,
        category TEXT NOT NULL,
        lines TEXT NOT NULL,
        drafted_at INTEGER NOT NULL,
        source TEXT NOT NULL,
        from_day TEXT,
        to_day TEXT,
        number TEXT NOT NULL,
        issued_on TEXT,
        due_on TEXT,
        paid_minor INTEGER NOT NULL,
        bonus_minor INTEGER NOT NULL,
        payments INTEGER NOT NULL,
        written_off_minor INTEGER NOT NULL,
        reminded INTEGER NOT NULL,
        dunned INTEGER NOT NULL,
        dunned_on TEXT,
        credit_note TEXT NOT NULL,
        buyer TEXT NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX bill_wallet ON bill (wallet)
    """,
    """
    CREATE INDEX bill_due ON bill (due_on)
    """,
    """
    CREATE INDEX bill_numbered ON bill (number)
    """,
    """
    CREATE UNIQUE INDEX bill_number ON bill (number) WHERE number != ''
    """,
    """
    CREATE INDEX bill_open ON bill (closed_at) WHERE closed_at IS NULL
    """,
    """
    CREATE TABLE billing_rules (
        category TEXT NOT NULL,
        due_days INTEGER NOT NULL,
        automatic INTEGER NOT NULL,
        part INTEGER NOT NULL,
        remind_days TEXT NOT NULL,
        dunning TEXT NOT NULL,
        top_up_tax_bp INTEGER NOT NULL,
        invoice_maker TEXT NOT NULL,
        PRIMARY KEY (category)
    )
        STRICT
    """,
    """
    CREATE TABLE invoice (
        id TEXT NOT NULL,
        top_up TEXT NOT NULL,
        wallet TEXT NOT NULL,
        category TEXT NOT NULL,
        paid_at INTEGER NOT NULL,
        maker TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        tax_minor INTEGER NOT NULL,
        tax_bp INTEGER NOT NULL,
        requested_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        fee_minor INTEGER NOT NULL,
        fee_tax_minor INTEGER NOT NULL,
        number TEXT NOT NULL,
        link TEXT NOT NULL,
        issued_on TEXT,
        buyer TEXT NOT NULL,
        credit_note TEXT NOT NULL,
        credit_link TEXT NOT NULL,
        voided_at INTEGER,
        void_reason TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX invoice_numbered ON invoice (number)
    """,
    """
    CREATE INDEX invoice_buyer ON invoice (buyer)
    """,
    """
    CREATE INDEX invoice_requested_at ON invoice (requested_at, id)
    """,
    """
    CREATE INDEX invoice_state ON invoice (state, requested_at, id)
    """,
    """
    CREATE INDEX invoice_wallet ON invoice (wallet, requested_at, id)
    """,
    """
    CREATE INDEX invoice_waiting ON invoice (state, maker, requested_at, id)
    """,
    """
    CREATE INDEX invoice_top_up ON invoice (top_up)
    """,
    """
    CREATE INDEX invoice_credit_note ON invoice (credit_note)
    """,
    """
    CREATE UNIQUE INDEX invoice_number ON invoice (number) WHERE number != ''
    """,
    """
    CREATE TABLE month_close (
        month TEXT NOT NULL,
        closed_at INTEGER NOT NULL,
        closed_by TEXT NOT NULL,
        PRIMARY KEY (month)
    )
        STRICT
    """,
    """
    CREATE TABLE recurring_charge (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        category TEXT NOT NULL,
        first TEXT NOT NULL,
        billed_to TEXT NOT NULL,
        wallet TEXT NOT NULL,
        unit TEXT NOT NULL,
        tariff TEXT NOT NULL,
        fixed TEXT,
        last TEXT,
        levies TEXT NOT NULL,
        deposit_minor INTEGER NOT NULL,
        reminded INTEGER NOT NULL,
        set_at INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE standing_cursor (
        meter TEXT NOT NULL,
        binding TEXT NOT NULL,
        charged_to TEXT NOT NULL,
        minimum_to TEXT NOT NULL,
        carry INTEGER NOT NULL,
        levies TEXT NOT NULL,
        PRIMARY KEY (meter)
    )
        STRICT
    """,
    """
    CREATE TABLE demand_state (
        meter TEXT NOT NULL,
        binding TEXT NOT NULL,
        installation TEXT NOT NULL,
        register INTEGER NOT NULL,
        watch TEXT NOT NULL,
        active INTEGER NOT NULL,
        reactive INTEGER NOT NULL,
        reactive_register INTEGER,
        ended TEXT NOT NULL,
        PRIMARY KEY (meter)
    )
        STRICT
    """,
    """
    CREATE TABLE till (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        most_minor INTEGER,
        second_minor INTEGER,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE shift (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        till TEXT NOT NULL,
        cashier TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        opened_minor INTEGER NOT NULL,
        taken_minor INTEGER NOT NULL,
        paid_minor INTEGER NOT NULL,
        delivered_minor INTEGER NOT NULL,
        cards_minor INTEGER NOT NULL,
        transfers_minor INTEGER NOT NULL,
        receipts INTEGER NOT NULL,
        counted_minor INTEGER,
        counted_at INTEGER,
        closed_at INTEGER,
        closed_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX shift_no ON shift (no)
    """,
    """
    CREATE INDEX shift_closed_at ON shift (closed_at)
    """,
    """
    CREATE INDEX shift_open ON shift (closed_at) WHERE closed_at IS NULL
    """,
    """
    CREATE TABLE desk_receipt (
        no INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        event TEXT NOT NULL,
        channel TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        actor TEXT NOT NULL,
        wallet TEXT NOT NULL,
        stay TEXT NOT NULL,
        bill TEXT NOT NULL,
        shift TEXT NOT NULL,
        prints INTEGER NOT NULL,
        voided_at INTEGER,
        voided_by TEXT NOT NULL,
        void_reason TEXT NOT NULL,
        PRIMARY KEY (no)
    )
        STRICT
    """,
    """
    CREATE INDEX desk_receipt_wallet ON desk_receipt (wallet, no)
    """,
    """
    CREATE INDEX desk_receipt_at ON desk_receipt (at)
    """,
    """
    CREATE INDEX desk_receipt_shift ON desk_receipt (shift, no)
    """,
    """
    CREATE TABLE terminal (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        subject TEXT NOT NULL,
        till TEXT,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE agent (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        rate_micro INTEGER NOT NULL,
        float_minor INTEGER NOT NULL,
        earned_micro INTEGER NOT NULL,
        sold_minor INTEGER NOT NULL,
        sold_all_minor INTEGER NOT NULL,
        settled_minor INTEGER NOT NULL,
        settled_at INTEGER,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE terminal_nonce (
        terminal TEXT NOT NULL,
        nonce TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (terminal, nonce)
    )
        STRICT
    """,
    """
    ALTER TABLE meter ADD COLUMN unit TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE meter ADD COLUMN main TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE meter ADD COLUMN reactive TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE window ADD COLUMN points TEXT NOT NULL DEFAULT '[]'
    """,
    """
    ALTER TABLE supply ADD COLUMN cut TEXT NOT NULL DEFAULT 'auto'
    """,
    """
    ALTER TABLE supply ADD COLUMN cut_order INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE supply ADD COLUMN cut_delay_s INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE supply ADD COLUMN schedule TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE passage ADD COLUMN stay TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE passage ADD COLUMN picture TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE passage ADD COLUMN trace TEXT NOT NULL DEFAULT '[]'
    """,
    """
    CREATE INDEX passage_stay ON passage (stay)
    """,
    """
    CREATE TABLE promotion (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from INTEGER NOT NULL,
        name TEXT NOT NULL,
        steps TEXT NOT NULL,
        from_at INTEGER,
        until_at INTEGER,
        channels TEXT NOT NULL,
        purposes TEXT NOT NULL,
        kinds TEXT NOT NULL,
        wallet_cap_minor INTEGER,
        total_cap_minor INTEGER,
        once INTEGER NOT NULL,
        back TEXT NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE top_up_fee (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from INTEGER NOT NULL,
        name TEXT NOT NULL,
        share_bp INTEGER NOT NULL,
        fixed_minor INTEGER NOT NULL,
        least_minor INTEGER NOT NULL,
        most_minor INTEGER,
        on_top INTEGER NOT NULL,
        tax_bp INTEGER NOT NULL,
        tax_name TEXT NOT NULL,
        tax_included INTEGER NOT NULL,
        back TEXT NOT NULL,
        from_at INTEGER,
        until_at INTEGER,
        channels TEXT NOT NULL,
        purposes TEXT NOT NULL,
        kinds TEXT NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE granted (
        promotion TEXT NOT NULL,
        wallet TEXT NOT NULL,
        times INTEGER NOT NULL,
        bonus_minor INTEGER NOT NULL,
        PRIMARY KEY (promotion, wallet)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE layers (
        wallet TEXT NOT NULL,
        layers TEXT NOT NULL,
        PRIMARY KEY (wallet)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE points_rule (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from INTEGER NOT NULL,
        points INTEGER NOT NULL,
        per_minor INTEGER NOT NULL,
        expires_days INTEGER,
        spend_points INTEGER NOT NULL,
        worth_minor INTEGER NOT NULL,
        purposes TEXT NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE points (
        wallet TEXT NOT NULL,
        lots TEXT NOT NULL,
        PRIMARY KEY (wallet)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE recovery (
        wallet TEXT NOT NULL,
        category TEXT NOT NULL,
        share_bp INTEGER NOT NULL,
        day_cap_minor INTEGER,
        day TEXT,
        recovered_minor INTEGER NOT NULL,
        PRIMARY KEY (wallet, category)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE proof_kept (
        name TEXT NOT NULL,
        proof TEXT NOT NULL,
        PRIMARY KEY (name)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE space (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        location TEXT NOT NULL,
        tenure TEXT NOT NULL,
        grade TEXT NOT NULL,
        capacity INTEGER NOT NULL,
        zone TEXT NOT NULL,
        use TEXT NOT NULL,
        area_cm2 INTEGER NOT NULL,
        unit TEXT NOT NULL,
        wallet TEXT NOT NULL,
        every TEXT NOT NULL,
        day INTEGER NOT NULL,
        first TEXT,
        billed_to TEXT,
        taken_back INTEGER NOT NULL,
        exposed INTEGER NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE fee_item (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from TEXT NOT NULL,
        name TEXT NOT NULL,
        category TEXT NOT NULL,
        price_micro INTEGER NOT NULL,
        every TEXT NOT NULL,
        "by" TEXT NOT NULL,
        filter TEXT NOT NULL,
        levies TEXT NOT NULL,
        ended INTEGER NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE parking_package (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from TEXT NOT NULL,
        name TEXT NOT NULL,
        price_minor INTEGER NOT NULL,
        months INTEGER NOT NULL,
        days INTEGER NOT NULL,
        items TEXT NOT NULL,
        spaces TEXT NOT NULL,
        needs_space INTEGER NOT NULL,
        rights TEXT NOT NULL,
        levies TEXT NOT NULL,
        renew_days INTEGER NOT NULL,
        remind_days TEXT NOT NULL,
        ended INTEGER NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE permit (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        kind TEXT NOT NULL,
        card TEXT NOT NULL,
        wallet TEXT NOT NULL,
        first TEXT NOT NULL,
        last TEXT NOT NULL,
        price_minor INTEGER NOT NULL,
        sold_at INTEGER NOT NULL,
        package TEXT,
        version INTEGER NOT NULL,
        space TEXT,
        rights TEXT NOT NULL,
        bill TEXT,
        "left" INTEGER,
        suspended_on TEXT,
        rested INTEGER NOT NULL,
        renews INTEGER NOT NULL,
        renewed TEXT,
        reminded INTEGER NOT NULL,
        ended_on TEXT,
        refunded_minor INTEGER NOT NULL,
        over INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX permit_card ON permit (card)
    """,
    """
    CREATE TABLE parking_rules (
        version INTEGER NOT NULL,
        valid_from INTEGER NOT NULL,
        temporaries INTEGER NOT NULL,
        tariffs TEXT NOT NULL,
        places TEXT NOT NULL,
        owned TEXT NOT NULL,
        rented TEXT NOT NULL,
        pass_back TEXT NOT NULL,
        fuzzy INTEGER NOT NULL,
        owed_ask INTEGER NOT NULL,
        free_plates TEXT NOT NULL,
        pass_s INTEGER NOT NULL,
        paid_s INTEGER NOT NULL,
        reentry_minutes INTEGER NOT NULL,
        long_stay_hours INTEGER NOT NULL,
        travel_s INTEGER NOT NULL,
        lost_ticket_minor INTEGER NOT NULL,
        list_minutes INTEGER NOT NULL,
        stale_hours INTEGER NOT NULL,
        PRIMARY KEY (version)
    )
        STRICT
    """,
    """
    CREATE TABLE vehicle_rule (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        digest BLOB NOT NULL,
        kind TEXT NOT NULL,
        masked TEXT NOT NULL,
        reason TEXT NOT NULL,
        set_at INTEGER NOT NULL,
        subject TEXT NOT NULL,
        once INTEGER NOT NULL,
        until INTEGER,
        ended_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE invitation (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        digest BLOB NOT NULL,
        masked TEXT NOT NULL,
        from_at INTEGER NOT NULL,
        to_at INTEGER NOT NULL,
        made_at INTEGER NOT NULL,
        host TEXT,
        host_pays INTEGER NOT NULL,
        lanes TEXT NOT NULL,
        "left" INTEGER,
        subject TEXT NOT NULL,
        ended_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE reservation (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        from_at INTEGER NOT NULL,
        to_at INTEGER NOT NULL,
        made_at INTEGER NOT NULL,
        space TEXT,
        zone TEXT NOT NULL,
        card TEXT,
        digest BLOB NOT NULL,
        masked TEXT NOT NULL,
        subject TEXT NOT NULL,
        note TEXT NOT NULL,
        ended_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE merchant (
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        wallet TEXT,
        budget_minor INTEGER,
        most_minutes INTEGER,
        month TEXT NOT NULL,
        spent_minor INTEGER NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE stay (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        entered_at INTEGER NOT NULL,
        entry_lane TEXT,
        plate BLOB NOT NULL,
        masked TEXT NOT NULL,
        subject TEXT NOT NULL,
        colour TEXT NOT NULL,
        region TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        ticket BLOB NOT NULL,
        card TEXT,
        permit TEXT,
        wallet TEXT,
        invitation TEXT,
        zone TEXT NOT NULL,
        tariff TEXT,
        version INTEGER NOT NULL,
        free_ms INTEGER NOT NULL,
        granted_at INTEGER,
        exit_lane TEXT,
        left_at INTEGER,
        validations TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        validated_minor INTEGER NOT NULL,
        paid_minor INTEGER NOT NULL,
        paid_at INTEGER,
        wallet_minor INTEGER NOT NULL,
        bonus_minor INTEGER NOT NULL,
        over_minor INTEGER NOT NULL,
        owed_minor INTEGER NOT NULL,
        written_off_minor INTEGER NOT NULL,
        refunded_minor INTEGER NOT NULL,
        charges INTEGER NOT NULL,
        overstayed INTEGER NOT NULL,
        review TEXT,
        note TEXT NOT NULL,
        changed INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX stay_plate ON stay (plate)
    """,
    """
    CREATE INDEX stay_sealed ON stay (entered_at) WHERE subject != ''
    """,
    """
    CREATE INDEX stay_changed ON stay (changed)
    """,
    """
    CREATE INDEX stay_ticket ON stay (ticket)
    """,
    """
    CREATE INDEX stay_state ON stay (state)
    """,
    """
    CREATE INDEX stay_card ON stay (card)
    """,
    """
    CREATE INDEX stay_entered ON stay (entered_at)
    """,
    """
    CREATE TABLE review (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        why TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        stays TEXT NOT NULL,
        reads TEXT NOT NULL,
        verdict TEXT,
        settled_at INTEGER,
        settled_by TEXT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE list_part (
        pair TEXT NOT NULL,
        place INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (pair, place)
    )
        STRICT
    """,
    """
    CREATE TABLE received_mark (
        pair TEXT NOT NULL,
        origin TEXT NOT NULL,
        upto INTEGER NOT NULL,
        differs INTEGER NOT NULL,
        at INTEGER,
        PRIMARY KEY (pair)
    )
        STRICT
    """,
    """
    CREATE TABLE received_order (
        pair TEXT NOT NULL,
        stay TEXT NOT NULL,
        changed INTEGER NOT NULL,
        state TEXT NOT NULL,
        kind TEXT NOT NULL,
        entered_at INTEGER NOT NULL,
        left_at INTEGER,
        lane TEXT NOT NULL,
        card TEXT NOT NULL,
        masked TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        paid_minor INTEGER NOT NULL,
        owed_minor INTEGER NOT NULL,
        PRIMARY KEY (pair, stay)
    )
        STRICT
    """,
    """
    CREATE TABLE pay_order (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        out_no TEXT NOT NULL,
        channel TEXT NOT NULL,
        kind TEXT NOT NULL,
        aim TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        state TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        next_at INTEGER,
        looks INTEGER NOT NULL,
        offered TEXT,
        provider_ref TEXT NOT NULL,
        paid_minor INTEGER NOT NULL,
        paid_at INTEGER,
        fault TEXT NOT NULL,
        entry TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX pay_order_aim ON pay_order (aim, no)
    """,
    """
    CREATE INDEX pay_order_provider_ref ON pay_order (provider_ref)
    """,
    """
    CREATE UNIQUE INDEX pay_order_out_no ON pay_order (out_no)
    """,
    """
    CREATE INDEX pay_order_created_at ON pay_order (created_at, no)
    """,
    """
    CREATE INDEX pay_order_state ON pay_order (state, no)
    """,
    """
    CREATE TABLE heard_notice (
        id TEXT NOT NULL,
        channel TEXT NOT NULL,
        event_id TEXT NOT NULL,
        heard_at INTEGER NOT NULL,
        sent_at INTEGER,
        made TEXT NOT NULL,
        out_no TEXT NOT NULL,
        provider_ref TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX heard_notice_heard_at ON heard_notice (heard_at, id)
    """,
    """
    CREATE TABLE unmatched (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        channel TEXT NOT NULL,
        kind TEXT NOT NULL,
        merchant TEXT NOT NULL,
        provider_ref TEXT NOT NULL,
        out_no TEXT NOT NULL,
        "order" TEXT,
        amount_minor INTEGER NOT NULL,
        left_minor INTEGER NOT NULL,
        why TEXT NOT NULL,
        at INTEGER NOT NULL,
        settled_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX unmatched_settled_at ON unmatched (settled_at)
    """,
    """
    CREATE INDEX unmatched_provider_ref ON unmatched (provider_ref)
    """,
    """
    CREATE INDEX unmatched_order ON unmatched ("order")
    """,
    """
    CREATE TABLE pay_code (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        kind TEXT NOT NULL,
        target TEXT NOT NULL,
        mark BLOB NOT NULL,
        made_at INTEGER NOT NULL,
        revoked_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX pay_code_kind ON pay_code (kind, no)
    """,
    """
    CREATE INDEX pay_code_no ON pay_code (no)
    """,
    """
    CREATE TABLE meter_day (
        day TEXT NOT NULL,
        meter TEXT NOT NULL,
        hours BLOB NOT NULL,
        PRIMARY KEY (day, meter)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE hour_mark (
        meter TEXT NOT NULL,
        register INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (meter)
    )
        STRICT
    """,
    """
    CREATE TABLE pay_refund (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        refund_no TEXT NOT NULL,
        "order" TEXT NOT NULL,
        out_no TEXT NOT NULL,
        payment_ref TEXT NOT NULL,
        channel TEXT NOT NULL,
        kind TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        total_minor INTEGER NOT NULL,
        state TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        asked_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        way TEXT NOT NULL,
        wallet TEXT NOT NULL,
        stay TEXT NOT NULL,
        held_minor INTEGER NOT NULL,
        provider_ref TEXT NOT NULL,
        stuck INTEGER NOT NULL,
        unsure INTEGER NOT NULL,
        asked_at INTEGER,
        next_at INTEGER,
        tries INTEGER NOT NULL,
        fault TEXT NOT NULL,
        subject TEXT NOT NULL,
        allowed_by TEXT NOT NULL,
        done_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX pay_refund_state ON pay_refund (state)
    """,
    """
    CREATE INDEX pay_refund_done_at ON pay_refund (done_at)
    """,
    """
    CREATE INDEX pay_refund_no ON pay_refund (no)
    """,
    """
    CREATE INDEX pay_refund_order ON pay_refund ("order", no)
    """,
    """
    CREATE INDEX pay_refund_provider_ref ON pay_refund (provider_ref)
    """,
    """
    CREATE UNIQUE INDEX pay_refund_refund_no ON pay_refund (refund_no)
    """,
    """
    CREATE TABLE settled_row (
        account TEXT NOT NULL,
        "key" TEXT NOT NULL,
        day TEXT NOT NULL,
        kind TEXT NOT NULL,
        out_no TEXT NOT NULL,
        provider_ref TEXT NOT NULL,
        refund_no TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        fee_minor INTEGER NOT NULL,
        at INTEGER,
        taken_at INTEGER NOT NULL,
        "order" TEXT,
        refund TEXT,
        PRIMARY KEY (account, "key")
    )
        STRICT
    """,
    """
    CREATE INDEX settled_row_order ON settled_row ("order", account, "key")
    """,
    """
    CREATE INDEX settled_row_day ON settled_row (account, day, "key")
    """,
    """
    CREATE INDEX settled_row_refund ON settled_row (refund, account, "key")
    """,
    """
    CREATE INDEX settled_row_out_no ON settled_row (out_no)
    """,
    """
    CREATE TABLE settled_days (
        account TEXT NOT NULL,
        kind TEXT NOT NULL,
        done_to TEXT NOT NULL,
        next_at INTEGER,
        tries INTEGER NOT NULL,
        fault TEXT NOT NULL,
        PRIMARY KEY (account)
    )
        STRICT
    """,
    """
    CREATE TABLE difference (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        kind TEXT NOT NULL,
        account TEXT NOT NULL,
        channel TEXT NOT NULL,
        day TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        "row" TEXT NOT NULL,
        out_no TEXT NOT NULL,
        provider_ref TEXT NOT NULL,
        "order" TEXT,
        refund TEXT,
        unmatched TEXT,
        wallet TEXT NOT NULL,
        expected_minor INTEGER NOT NULL,
        found_minor INTEGER NOT NULL,
        suspended_minor INTEGER NOT NULL,
        word TEXT NOT NULL,
        settled_at INTEGER,
        settled_by TEXT NOT NULL,
        resolution TEXT,
        reason TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX difference_no ON difference (no)
    """,
    """
    CREATE INDEX difference_refund ON difference (refund)
    """,
    """
    CREATE INDEX difference_settled_at ON difference (settled_at)
    """,
    """
    CREATE INDEX difference_order ON difference ("order")
    """,
    """
    CREATE TABLE risk_rule (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from INTEGER NOT NULL,
        most INTEGER NOT NULL,
        window_s INTEGER NOT NULL,
        action TEXT NOT NULL,
        hold_s INTEGER NOT NULL,
        shadow INTEGER NOT NULL,
        "on" INTEGER NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE risk_event (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        rule TEXT NOT NULL,
        version INTEGER NOT NULL,
        action TEXT NOT NULL,
        shadow INTEGER NOT NULL,
        at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        amount_minor INTEGER,
        wallet TEXT NOT NULL,
        channel TEXT NOT NULL,
        network TEXT NOT NULL,
        about TEXT NOT NULL,
        actor TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX risk_event_no ON risk_event (no)
    """,
    """
    CREATE TABLE risk_hold (
        id TEXT NOT NULL,
        rule TEXT NOT NULL,
        wallet TEXT NOT NULL,
        action TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE held_operation (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        kind TEXT NOT NULL,
        needs TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        asked_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        reference TEXT NOT NULL,
        data TEXT NOT NULL,
        why TEXT NOT NULL,
        wallet TEXT NOT NULL,
        amount_minor INTEGER,
        state TEXT NOT NULL,
        code BLOB NOT NULL,
        tries INTEGER NOT NULL,
        confirmed_by TEXT NOT NULL,
        ended_at INTEGER,
        entry INTEGER,
        problem TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX held_operation_state ON held_operation (state)
    """,
    """
    CREATE INDEX held_operation_no ON held_operation (no)
    """,
    """
    CREATE INDEX held_operation_ended_at ON held_operation (ended_at, no)
    """,
    """
    CREATE TABLE agreement (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        wallet TEXT NOT NULL,
        channel TEXT NOT NULL,
        subject TEXT NOT NULL,
        below_minor INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        most_minor INTEGER NOT NULL,
        day_minor INTEGER NOT NULL,
        made_at INTEGER NOT NULL,
        made_by TEXT NOT NULL,
        fall INTEGER NOT NULL,
        fallen INTEGER NOT NULL,
        seen_fall INTEGER NOT NULL,
        ended_at INTEGER,
        ended_by TEXT NOT NULL,
        trouble TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX agreement_wallet ON agreement (wallet)
    """,
    """
    CREATE INDEX agreement_no ON agreement (no)
    """,
    """
    CREATE TABLE agreement_charge (
        id TEXT NOT NULL,
        agreement TEXT NOT NULL,
        fall INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        at INTEGER NOT NULL,
        "order" TEXT,
        failed TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX agreement_charge_agreement ON agreement_charge (agreement)
    """,
    """
    CREATE TABLE levy_carry (
        binding TEXT NOT NULL,
        name TEXT NOT NULL,
        carry INTEGER NOT NULL,
        PRIMARY KEY (binding, name)
    )
        STRICT
    """,
    """
    CREATE TABLE rate_cursor (
        installation TEXT NOT NULL,
        registers TEXT NOT NULL,
        PRIMARY KEY (installation)
    )
        STRICT
    """,
    """
    CREATE TABLE tariff_change (
        id TEXT NOT NULL,
        assignment TEXT NOT NULL,
        meter TEXT NOT NULL,
        binding TEXT NOT NULL,
        tariff TEXT NOT NULL,
        "before" TEXT NOT NULL,
        at INTEGER NOT NULL,
        done_at INTEGER,
        withdrawn_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE price_correction (
        id TEXT NOT NULL,
        tariff TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER,
        actor TEXT NOT NULL,
        reason TEXT NOT NULL,
        done_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE tariff_withdrawal (
        tariff TEXT NOT NULL,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tariff, version)
    )
        STRICT
    """,
    """
    CREATE TABLE schedule (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        valid_from INTEGER NOT NULL,
        name TEXT NOT NULL,
        off TEXT NOT NULL,
        calendar TEXT NOT NULL,
        except_dates TEXT NOT NULL,
        exempt TEXT NOT NULL,
        PRIMARY KEY (id, version)
    )
        STRICT
    """,
    """
    CREATE TABLE load_limit (
        scope TEXT NOT NULL,
        limit_w INTEGER NOT NULL,
        delay_s INTEGER NOT NULL,
        retries INTEGER NOT NULL,
        wait_s INTEGER NOT NULL,
        reset_s INTEGER NOT NULL,
        jump_w INTEGER NOT NULL,
        PRIMARY KEY (scope)
    )
        STRICT
    """,
    """
    CREATE TABLE load_trips (
        meter TEXT NOT NULL,
        trips INTEGER NOT NULL,
        tripped_at INTEGER,
        last_at INTEGER,
        power_w INTEGER NOT NULL,
        cause TEXT NOT NULL,
        PRIMARY KEY (meter)
    )
        STRICT
    """,
    """
    CREATE TABLE quota_use (
        wallet TEXT NOT NULL,
        period TEXT NOT NULL,
        used INTEGER NOT NULL,
        drawn_minor INTEGER NOT NULL,
        below_minor INTEGER NOT NULL,
        begun INTEGER NOT NULL,
        used_up INTEGER NOT NULL,
        counted TEXT NOT NULL,
        PRIMARY KEY (wallet)
    )
        STRICT
    """,
    """
    CREATE TABLE respite (
        wallet TEXT NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        until INTEGER,
        reason TEXT NOT NULL,
        "by" TEXT NOT NULL,
        PRIMARY KEY (wallet, kind)
    )
        STRICT
    """,
    """
    CREATE TABLE site_hold (
        id TEXT NOT NULL,
        at INTEGER NOT NULL,
        until INTEGER,
        reason TEXT NOT NULL,
        "by" TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE unit (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        building TEXT NOT NULL,
        floor TEXT NOT NULL,
        number TEXT NOT NULL,
        use TEXT NOT NULL,
        area_cm2 INTEGER NOT NULL,
        persons INTEGER NOT NULL,
        capacity_w INTEGER NOT NULL,
        owner TEXT NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE occupancy (
        id TEXT NOT NULL,
        unit TEXT NOT NULL,
        wallet TEXT NOT NULL,
        from_at INTEGER NOT NULL,
        to_at INTEGER,
        persons INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE shares (
        wallet TEXT NOT NULL,
        "by" TEXT NOT NULL,
        members TEXT NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (wallet)
    )
        STRICT
    """,
    """
    CREATE TABLE share_count (
        wallet TEXT NOT NULL,
        member TEXT NOT NULL,
        owed INTEGER NOT NULL,
        PRIMARY KEY (wallet, member)
    )
        STRICT
    """,
    """
    CREATE TABLE habit (
        meter TEXT NOT NULL,
        installation TEXT NOT NULL,
        register INTEGER NOT NULL,
        at INTEGER NOT NULL,
        days TEXT NOT NULL,
        PRIMARY KEY (meter)
    )
        STRICT
    """,
    """
    CREATE TABLE mark (
        meter TEXT NOT NULL,
        at INTEGER NOT NULL,
        installation TEXT NOT NULL,
        register INTEGER NOT NULL,
        PRIMARY KEY (meter, at)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE TABLE loss_share (
        main TEXT NOT NULL,
        from_at INTEGER NOT NULL,
        to_at INTEGER NOT NULL,
        quantity INTEGER NOT NULL,
        shared INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        carry INTEGER NOT NULL,
        PRIMARY KEY (main, from_at)
    )
        STRICT
    """,
    """
    CREATE TABLE hint (
        meter TEXT NOT NULL,
        kind TEXT NOT NULL,
        since INTEGER NOT NULL,
        found INTEGER NOT NULL,
        expected INTEGER NOT NULL,
        ended_at INTEGER,
        PRIMARY KEY (meter, kind)
    )
        STRICT
    """,
    """
    CREATE TABLE deposit (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        wallet TEXT NOT NULL,
        reason TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        held_at INTEGER NOT NULL,
        released_minor INTEGER NOT NULL,
        claimed_minor INTEGER NOT NULL,
        ended_at INTEGER,
        use TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX deposit_wallet ON deposit (wallet)
    """,
    """
    CREATE TABLE package (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        wallet TEXT NOT NULL,
        tariff TEXT NOT NULL,
        version INTEGER NOT NULL,
        uses INTEGER NOT NULL,
        "left" INTEGER NOT NULL,
        price_minor INTEGER NOT NULL,
        sold_at INTEGER NOT NULL,
        tax_minor INTEGER NOT NULL,
        fee_minor INTEGER NOT NULL,
        bonus_minor INTEGER NOT NULL,
        valid_until INTEGER,
        card TEXT,
        shared INTEGER NOT NULL,
        guests TEXT NOT NULL,
        ended_at INTEGER,
        closed INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX package_wallet ON package (wallet)
    """,
    """
    CREATE TABLE use_point (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        purpose TEXT NOT NULL,
        kind TEXT NOT NULL,
        tariff TEXT,
        uses INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        minutes INTEGER NOT NULL,
        switch TEXT NOT NULL,
        lane TEXT,
        basis TEXT NOT NULL,
        counter TEXT NOT NULL,
        deposit_minor INTEGER NOT NULL,
        most_minor INTEGER,
        proof TEXT,
        outage TEXT NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE use (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        wallet TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        looked_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        point TEXT,
        card TEXT,
        tariff TEXT,
        version INTEGER NOT NULL,
        basis TEXT,
        quantity TEXT NOT NULL,
        switch TEXT NOT NULL,
        counter TEXT NOT NULL,
        counter_unit TEXT NOT NULL,
        from_count INTEGER NOT NULL,
        count INTEGER NOT NULL,
        counted_at INTEGER,
        ran_ms INTEGER NOT NULL,
        free_ms INTEGER NOT NULL,
        "on" INTEGER NOT NULL,
        outage TEXT NOT NULL,
        proof TEXT,
        deposit TEXT,
        held_minor INTEGER NOT NULL,
        most_minor INTEGER,
        ends_at INTEGER,
        doubt TEXT,
        warned INTEGER NOT NULL,
        ended_at INTEGER,
        "end" TEXT,
        amount_minor INTEGER NOT NULL,
        end_reference TEXT NOT NULL,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE INDEX use_wallet ON use (wallet)
    """,
    """
    CREATE INDEX use_end_reference ON use (end_reference)
    """,
    """
    CREATE INDEX use_state ON use (state)
    """,
    """
    CREATE TABLE voucher_batch (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        count INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        made_at INTEGER NOT NULL,
        valid_until TEXT,
        purpose TEXT,
        agent TEXT NOT NULL,
        sold INTEGER NOT NULL,
        redeemed INTEGER NOT NULL,
        cancelled INTEGER NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE voucher (
        serial INTEGER NOT NULL,
        batch TEXT NOT NULL,
        ended_at INTEGER NOT NULL,
        wallet TEXT,
        reference TEXT NOT NULL,
        PRIMARY KEY (serial)
    )
        STRICT
    """,
    """
    CREATE INDEX voucher_of_batch ON voucher (batch)
    """,
    """
    CREATE TABLE token_meter (
        id TEXT NOT NULL,
        no INTEGER NOT NULL,
        name TEXT NOT NULL,
        commodity TEXT NOT NULL,
        sold_in TEXT NOT NULL,
        price_micro INTEGER NOT NULL,
        subject TEXT NOT NULL,
        divider INTEGER NOT NULL,
        wallet TEXT,
        extended INTEGER NOT NULL,
        restricted INTEGER NOT NULL,
        count INTEGER NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE token (
        meter TEXT NOT NULL,
        count INTEGER NOT NULL,
        kind TEXT NOT NULL,
        digits TEXT NOT NULL,
        at INTEGER NOT NULL,
        units TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        wallet TEXT,
        reference TEXT NOT NULL,
        PRIMARY KEY (meter, count)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    CREATE INDEX token_reference ON token (reference)
    """,
    """
    CREATE TABLE card_terminal (
        id TEXT NOT NULL,
        public_key BLOB NOT NULL,
        subject TEXT NOT NULL,
        set_at INTEGER NOT NULL,
        last_number INTEGER NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (id)
    )
        STRICT
    """,
    """
    CREATE TABLE card_file (
        terminal TEXT NOT NULL,
        number INTEGER NOT NULL,
        digest BLOB NOT NULL,
        records INTEGER NOT NULL,
        total_minor INTEGER NOT NULL,
        taken_at INTEGER NOT NULL,
        PRIMARY KEY (terminal, number)
    )
        WITHOUT ROWID,
        STRICT
    """,
    """
    ALTER TABLE tariff_version ADD COLUMN terms TEXT NOT NULL DEFAULT '{"calendar":"","calorific":null,"ceiling_micro":null,"counted":null,"demand":null,"duration":null,"fixed":null,"ladder":[],"levies":[],"loss_cap_micro":null,"minimum":null,"period":{"per_tenant":false,"prorate_first":false,"span":"month","starts":1},"persons":{"base":0,"each":0,"once":0},"plan":null,"power_factor":null,"registers":[],"seasons":[],"standing":[]}'
    """,
    """
    ALTER TABLE policy ADD COLUMN grace_minutes INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE policy ADD COLUMN alert_days INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE policy ADD COLUMN no_cut_calendar TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE policy ADD COLUMN cut_hours TEXT NOT NULL DEFAULT '[]'
    """,
    """
    ALTER TABLE policy ADD COLUMN reconnect TEXT NOT NULL DEFAULT 'auto'
    """,
    """
    ALTER TABLE policy ADD COLUMN promise_days INTEGER NOT NULL DEFAULT 7
    """,
    """
    ALTER TABLE policy ADD COLUMN promise_every_days INTEGER NOT NULL DEFAULT 30
    """,
    """
    ALTER TABLE policy ADD COLUMN exempt_period TEXT NOT NULL DEFAULT 'always'
    """,
    """
    ALTER TABLE policy ADD COLUMN exempt_units INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE policy ADD COLUMN exempt_of TEXT NOT NULL DEFAULT 'energy'
    """,
    """
    ALTER TABLE policy ADD COLUMN schedule TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE policy ADD COLUMN invoices INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE wallet ADD COLUMN unit_id TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE wallet ADD COLUMN spending TEXT NOT NULL DEFAULT 'bonus_first'
    """,
    """
    ALTER TABLE wallet ADD COLUMN frozen_way TEXT NOT NULL DEFAULT 'out'
    """,
    """
    ALTER TABLE wallet ADD COLUMN buyer TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE watch ADD COLUMN days_since INTEGER
    """,
    """
    ALTER TABLE watch ADD COLUMN due_at INTEGER
    """,
    """
    ALTER TABLE card ADD COLUMN space TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE card ADD COLUMN at_once INTEGER
    """,
    """
    ALTER TABLE card ADD COLUMN replaced_by TEXT NOT NULL DEFAULT ''
    """,
    """
    CREATE TRIGGER promotion_no_update BEFORE UPDATE ON promotion BEGIN SELECT RAISE(ABORT, 'append only: promotion'); END
    """,
    """
    CREATE TRIGGER promotion_no_delete BEFORE DELETE ON promotion BEGIN SELECT RAISE(ABORT, 'append only: promotion'); END
    """,
    """
    CREATE TRIGGER top_up_fee_no_update BEFORE UPDATE ON top_up_fee BEGIN SELECT RAISE(ABORT, 'append only: top_up_fee'); END
    """,
    """
    CREATE TRIGGER top_up_fee_no_delete BEFORE DELETE ON top_up_fee BEGIN SELECT RAISE(ABORT, 'append only: top_up_fee'); END
    """,
    """
    CREATE TRIGGER points_rule_no_update BEFORE UPDATE ON points_rule BEGIN SELECT RAISE(ABORT, 'append only: points_rule'); END
    """,
    """
    CREATE TRIGGER points_rule_no_delete BEFORE DELETE ON points_rule BEGIN SELECT RAISE(ABORT, 'append only: points_rule'); END
    """,
    """
    CREATE TRIGGER fee_item_no_update BEFORE UPDATE ON fee_item BEGIN SELECT RAISE(ABORT, 'append only: fee_item'); END
    """,
    """
    CREATE TRIGGER fee_item_no_delete BEFORE DELETE ON fee_item BEGIN SELECT RAISE(ABORT, 'append only: fee_item'); END
    """,
    """
    CREATE TRIGGER parking_package_no_update BEFORE UPDATE ON parking_package BEGIN SELECT RAISE(ABORT, 'append only: parking_package'); END
    """,
    """
    CREATE TRIGGER parking_package_no_delete BEFORE DELETE ON parking_package BEGIN SELECT RAISE(ABORT, 'append only: parking_package'); END
    """,
    """
    CREATE TRIGGER parking_rules_no_update BEFORE UPDATE ON parking_rules BEGIN SELECT RAISE(ABORT, 'append only: parking_rules'); END
    """,
    """
    CREATE TRIGGER parking_rules_no_delete BEFORE DELETE ON parking_rules BEGIN SELECT RAISE(ABORT, 'append only: parking_rules'); END
    """,
    """
    CREATE TRIGGER risk_rule_no_update BEFORE UPDATE ON risk_rule BEGIN SELECT RAISE(ABORT, 'append only: risk_rule'); END
    """,
    """
    CREATE TRIGGER risk_rule_no_delete BEFORE DELETE ON risk_rule BEGIN SELECT RAISE(ABORT, 'append only: risk_rule'); END
    """,
)


def step_2(connection: Connection) -> None:
    """Add the new tables and columns; every row there is keeps its meaning."""
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
